#include "apps/ctl/url.h"

#include <gtest/gtest.h>

namespace coupon::ctl {
namespace {

TEST(Url, TakesHostPortAndPrefixApart) {
    EXPECT_EQ(ParseUrl("http://127.0.0.1:8080"), (Url{"127.0.0.1", 8080, ""}));
    EXPECT_EQ(ParseUrl("http://shop.example/"), (Url{"shop.example", 80, ""}));
    EXPECT_EQ(ParseUrl("http://shop.example:81/coupons/"), (Url{"shop.example", 81, "/coupons"}));
    EXPECT_EQ(ParseUrl("http://shop.example/a/b"), (Url{"shop.example", 80, "/a/b"}));
}

TEST(Url, KeepsTheBracketsOfAnIpv6AddressInTheHostHeaderOnly) {
    const Result<Url> url = ParseUrl("http://[::1]:8080");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->Authority(), "[::1]:8080");
    EXPECT_EQ(url->ToString(), "http://[::1]:8080");
    EXPECT_EQ(ParseUrl("http://[::1]/x")->prefix, "/x");
}

TEST(Url, RefusesWhatItCannotSpeakOrWhatCouldBreakARequestLine) {
    for (const char* text : {"",
                             "127.0.0.1:8080",
                             "ftp://host",
                             "http://",
                             "http://:80",
                             "http://host:",
                             "http://host:0",
                             "http://host:65536",
                             "http://host:8x",
                             "http://host:-1",
                             "http://ho st",
                             "http://[::1",
                             "http://[::1]x",
                             "http://host/a?b",
                             "http://host/a#b",
                             "http://host/a b",
                             "http://host/a\r\nX: y",
                             "http://host\r\n",
                             "http://[host!]",
                             "http://host?x"}) {
        const Result<Url> url = ParseUrl(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument) << text;
        EXPECT_EQ(url.error().field, "--url") << text;
    }
}

TEST(Url, SaysWhatToDoInsteadOfHttps) {
    EXPECT_NE(ParseUrl("https://host").error().detail.find("tunnel"), std::string::npos);
}

TEST(Url, DoesNotRepeatAPassword) {
    const Result<Url> url = ParseUrl("http://root:hunter2@host");
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().detail.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace coupon::ctl
