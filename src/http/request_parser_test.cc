#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/limits.h"
#include "http/server_options.h"

namespace coupon::http {
namespace {

using Progress = RequestParser::Progress;

constexpr std::string_view kClaim =
    "POST /v1/coupons/7/claims?x=1 HTTP/1.1\r\n"
    "Host: shop.example\r\n"
    "Content-Type: application/json\r\n"
    "Authorization: Bearer abc\r\n"
    "traceparent: 00-1-2-01\r\n"
    "Accept: */*\r\n"
    "Content-Length: 12\r\n"
    "\r\n"
    "{\"userId\":1}";

void ExpectClaim(const Request& request) {
    EXPECT_EQ(request.method, Method::kPost);
    EXPECT_EQ(request.path, "/v1/coupons/7/claims");
    EXPECT_EQ(request.query, "x=1");
    EXPECT_EQ(request.body, "{\"userId\":1}");
    EXPECT_EQ(request.content_type, "application/json");
    EXPECT_EQ(request.authorization, "Bearer abc");
}

/// The status of the refusal; 0 = taken, -1 = waits for more.
int StatusOf(std::string_view bytes) {
    RequestParser parser(&DefaultBodyLimit);
    switch (parser.Advance(bytes)) {
        case Progress::kRefused: return parser.Refused().status;
        case Progress::kComplete: return 0;
        case Progress::kIncomplete: return -1;
    }
    return -2;
}

/// A GET with these header lines after the Host.
std::string Get(const std::string& lines) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}
std::string Post(const std::string& lines, const std::string& body = "hello") {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + body;
}

TEST(RequestParser, TakesAWholeRequest) {
    RequestParser parser(&DefaultBodyLimit);
    ASSERT_EQ(parser.Advance(kClaim), Progress::kComplete);
    ExpectClaim(parser.Parsed());
    EXPECT_EQ(parser.MessageBytes(), kClaim.size());
    EXPECT_TRUE(parser.KeepAlive());
}

TEST(RequestParser, TakesARequestOneByteAtATime) {
    RequestParser parser(&DefaultBodyLimit);
    for (std::size_t size = 1; size < kClaim.size(); ++size) {
        // Another address each time, as when the buffer grows.
        const std::string moved(kClaim.substr(0, size));
        ASSERT_EQ(parser.Advance(moved), Progress::kIncomplete) << size;
    }
    ASSERT_EQ(parser.Advance(kClaim), Progress::kComplete);
    ExpectClaim(parser.Parsed());
}

TEST(RequestParser, TakesARequestInTwoPiecesWhereverItIsSplit) {
    for (std::size_t split = 1; split < kClaim.size(); ++split) {
        RequestParser parser(&DefaultBodyLimit);
        ASSERT_EQ(parser.Advance(std::string(kClaim.substr(0, split))), Progress::kIncomplete)
            << split;
        ASSERT_EQ(parser.Advance(kClaim), Progress::kComplete) << split;
        ExpectClaim(parser.Parsed());
    }
}

TEST(RequestParser, LeavesTheNextRequestAlone) {
    const std::string two = std::string(kClaim) + std::string(kClaim);
    RequestParser parser(&DefaultBodyLimit);
    ASSERT_EQ(parser.Advance(two), Progress::kComplete);
    const std::size_t first = parser.MessageBytes();
    parser.Reset();
    ASSERT_EQ(parser.Advance(std::string_view(two).substr(first)), Progress::kComplete);
    ExpectClaim(parser.Parsed());
}

TEST(RequestParser, RefusesEveryTransferEncodingWith501) {
    for (const char* lines :
         {"Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
          "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n",
          "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: xchunked\r\n",
          "Transfer-Encoding: identity\r\n", "Transfer-Encoding:\r\n",
          "tRANSFER-eNCODING: chunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: \x0b"
          "chunked\r\n"}) {
        const int status = StatusOf(Post(lines));
        EXPECT_TRUE(
            status == 501 ||
            (std::string_view(lines).find('\x0b') != std::string_view::npos && status == 400))
            << lines << status;
    }
    EXPECT_EQ(StatusOf("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 501);
}

TEST(RequestParser, RefusesMalformedContentLength) {
    for (const char* value : {"+5", "-5", "0x5", "5,5", "5, 5", "5, 6", "18446744073709551616", "",
                              " ", "5 5", "5;", "five", "5.0", "99999999999999999999999"}) {
        EXPECT_EQ(StatusOf(Post(std::string("Content-Length: ") + value + "\r\n")), 400) << value;
    }
    EXPECT_EQ(StatusOf(Post("Content-Length: 005\r\n")), 0);
}

TEST(RequestParser, RefusesASecondContentLengthEvenOfTheSameValue) {
    EXPECT_EQ(StatusOf(Post("Content-Length: 5\r\nContent-Length: 5\r\n")), 400);
    EXPECT_EQ(StatusOf(Post("Content-Length: 5\r\nContent-Length: 6\r\n")), 400);
    EXPECT_EQ(StatusOf(Post("Content-Length: 0\r\nContent-Length: 0\r\n", "")), 400);
}

TEST(RequestParser, NeedsExactlyOneHostOn11) {
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.0\r\n\r\n"), 0);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), 0);
}

TEST(RequestParser, RefusesBareLineFeedsAndCarriageReturns) {
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\nHost: a\n\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\rX: b\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\rHost: a\r\r"), 400) << "not waited for";
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\n"), 400) << "not waited for";
}

TEST(RequestParser, RefusesABareCarriageReturnThatCameAtTheEndOfARead) {
    RequestParser parser(&DefaultBodyLimit);
    ASSERT_EQ(parser.Advance("GET / HTTP/1.1\r"), Progress::kIncomplete);
    EXPECT_EQ(parser.Advance("GET / HTTP/1.1\rH"), Progress::kRefused);
}

TEST(RequestParser, RefusesFoldedHeaders) {
    EXPECT_EQ(StatusOf(Get("X: a\r\n b\r\n")), 400);
    EXPECT_EQ(StatusOf(Get("X: a\r\n\tb\r\n")), 400);
    EXPECT_EQ(StatusOf(Get("X:\r\n b\r\n")), 400)
        << "Beast's view of this one points into the input";
    EXPECT_EQ(StatusOf(Get("X: a\r\n \r\n")), 400);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
}

TEST(RequestParser, RefusesMalformedNamesAndValues) {
    using namespace std::string_literals;
    for (const std::string& lines :
         {"X : a\r\n"s, ": a\r\n"s, "X\r\n"s, "X\0Y: a\r\n"s, "X\x80: a\r\n"s, "X\xff: a\r\n"s,
          "X Y: a\r\n"s, "X(: a\r\n"s, "X: a\0b\r\n"s, "X: a\x7f\r\n"s, "X: a\x01\r\n"s,
          "Content-Length : 5\r\n"s, "Transfer-Encoding : chunked\r\n"s}) {
        EXPECT_EQ(StatusOf(Get(lines)), 400) << lines;
    }
}

TEST(RequestParser, RefusesRepeatedHeadersThatDecide) {
    EXPECT_EQ(StatusOf(Get("Authorization: a\r\nAuthorization: a\r\n")), 400);
    EXPECT_EQ(StatusOf(Get("Authorization:\r\nAuthorization: a\r\n")), 400);
    EXPECT_EQ(StatusOf(Get("Content-Type: a\r\nContent-Type: b\r\n")), 400);
}

TEST(RequestParser, ComparesAnAbsoluteTargetWithTheHost) {
    RequestParser parser(&DefaultBodyLimit);
    ASSERT_EQ(parser.Advance("GET http://A:80/p?q HTTP/1.1\r\nHost: a:80\r\n\r\n"),
              Progress::kComplete);
    EXPECT_EQ(parser.Parsed().path, "/p");
    EXPECT_EQ(parser.Parsed().query, "q");
    EXPECT_EQ(StatusOf("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    EXPECT_EQ(StatusOf("GET http://b/p HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET http://u@a/p HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET ftp://a/p HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    EXPECT_EQ(StatusOf("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(RequestParser, RefusesForeignVersionsWith505AndNonsenseWith400) {
    for (const char* version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.0"}) {
        EXPECT_EQ(StatusOf(std::string("GET / ") + version + "\r\nHost: a\r\n\r\n"), 505)
            << version;
    }
    EXPECT_EQ(StatusOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    for (const char* version : {"HTTX/1.1", "http/1.1", "HTTP/1.1 ", "HTTP/11", "HTTP/1.10", ""}) {
        EXPECT_EQ(StatusOf(std::string("GET / ") + version + "\r\nHost: a\r\n\r\n"), 400)
            << version;
    }
    EXPECT_EQ(StatusOf("GET /\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(RequestParser, HoldsTheHeaderLimits) {
    std::string fields;
    for (std::size_t i = 1; i < limits::kHeaderFieldsMax; ++i) fields += "X: y\r\n";
    EXPECT_EQ(StatusOf(Get(fields)), 0);
    EXPECT_EQ(StatusOf(Get(fields + "X: y\r\n")), 431);
    const std::size_t rest = limits::kHeaderBytesMax - Get("X: \r\n").size();
    EXPECT_EQ(StatusOf(Get("X: " + std::string(rest, 'a') + "\r\n")), 0);
    EXPECT_EQ(StatusOf(Get("X: " + std::string(rest + 1, 'a') + "\r\n")), 431);
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nX: " + std::string(limits::kHeaderBytesMax, 'a')), 431)
        << "not waited for";
}

TEST(RequestParser, HoldsTheTargetLimit) {
    const auto with_target = [](std::size_t bytes) {
        return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    EXPECT_EQ(StatusOf(with_target(limits::kTargetBytesMax)), 0);
    EXPECT_EQ(StatusOf(with_target(limits::kTargetBytesMax + 1)), 414);
    EXPECT_EQ(StatusOf(with_target(3 * limits::kHeaderBytesMax)), 414);
    EXPECT_EQ(StatusOf(std::string(60, 'M') + with_target(limits::kTargetBytesMax)), 414);
    const std::string line(limits::kRequestLineBytesMax, 'M');
    EXPECT_EQ(StatusOf(line), -1);
    EXPECT_EQ(StatusOf(line + "M"), 414);
    EXPECT_EQ(StatusOf(line.substr(1) + "\r\nHost: a\r\n\r\n"), 400) << "it fits, with its CR";
    EXPECT_EQ(StatusOf("GET /" + std::string(limits::kTargetBytesMax + 100, 'a')), 414)
        << "not waited for";
}

TEST(RequestParser, RefusesALargeBodyBeforeItIsRead) {
    const auto header = [](std::string path, std::size_t bytes) {
        return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) +
               "\r\n\r\n";
    };
    EXPECT_EQ(StatusOf(header("/v1/coupons/1/claims", limits::kClaimBodyBytesMax)), -1);
    EXPECT_EQ(StatusOf(header("/v1/coupons/1/claims?a", limits::kClaimBodyBytesMax + 1)), 413);
    EXPECT_EQ(StatusOf(header("/coupons/issue/async", limits::kClaimBodyBytesMax + 1)), 413);
    EXPECT_EQ(StatusOf(header("/v1/coupons", limits::kBodyBytesMax)), -1);
    EXPECT_EQ(StatusOf(header("/v1/coupons", limits::kBodyBytesMax + 1)), 413);
    EXPECT_EQ(StatusOf(header("/v1/coupons", std::size_t{1} << 63)), 413);
}

TEST(RequestParser, KnowsExpectContinueOnlyOn11) {
    RequestParser parser(&DefaultBodyLimit);
    ASSERT_EQ(parser.Advance(Post("Content-Length: 5\r\nExpect: 100-Continue\r\n", "")),
              Progress::kIncomplete);
    EXPECT_TRUE(parser.HeaderComplete());
    EXPECT_TRUE(parser.ExpectsContinue());
    EXPECT_EQ(StatusOf(Post("Content-Length: 5\r\nExpect: 200-ok\r\n")), 417);
    RequestParser old(&DefaultBodyLimit);
    ASSERT_EQ(old.Advance("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
              Progress::kIncomplete);
    EXPECT_FALSE(old.ExpectsContinue());
}

TEST(RequestParser, TakesBodiesOnAnyMethodAndNoLengthAsNoBody) {
    EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"), 0);
    EXPECT_EQ(StatusOf("DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"), 0);
    RequestParser parser(&DefaultBodyLimit);
    ASSERT_EQ(parser.Advance("POST / HTTP/1.1\r\nHost: a\r\n\r\nhi"), Progress::kComplete);
    EXPECT_EQ(parser.Parsed().body, "");
}

TEST(RequestParser, KeepsAliveOnlyOn11WithoutClose) {
    const auto keeps_alive = [](std::string_view request) {
        RequestParser parser(&DefaultBodyLimit);
        EXPECT_EQ(parser.Advance(request), Progress::kComplete);
        return parser.KeepAlive();
    };
    EXPECT_TRUE(keeps_alive("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_FALSE(keeps_alive("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n"));
    EXPECT_FALSE(keeps_alive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, IgnoresUpgrade) {
    EXPECT_EQ(
        StatusOf(Get(
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n")),
        0);
}

TEST(RequestParser, ForgivesOneEmptyLineBeforeTheRequest) {
    EXPECT_EQ(StatusOf("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    EXPECT_EQ(StatusOf("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(StatusOf("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

}  // namespace
}  // namespace coupon::http
