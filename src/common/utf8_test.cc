#include "common/utf8.h"

#include <gtest/gtest.h>

namespace coupon {
namespace {

TEST(Utf8, CountsCodePointsAndNotBytes) {
    EXPECT_EQ(CountCodePoints(""), 0U);
    EXPECT_EQ(CountCodePoints("abc"), 3U);
    EXPECT_EQ(CountCodePoints("쿠폰 10%"), 6U);
    EXPECT_EQ(CountCodePoints("\xF0\x9F\x8E\x81"), 1U);
}

TEST(Utf8, ReadsTheFirstAndLastOfEveryLength) {
    for (const auto& [text, point] : std::initializer_list<std::pair<std::string_view, char32_t>>{
             {"\x7F", 0x7F},
             {"\xC2\x80", 0x80},
             {"\xDF\xBF", 0x7FF},
             {"\xE0\xA0\x80", 0x800},
             {"\xED\x9F\xBF", 0xD7FF},
             {"\xEE\x80\x80", 0xE000},
             {"\xEF\xBF\xBF", 0xFFFF},
             {"\xF0\x90\x80\x80", 0x10000},
             {"\xF4\x8F\xBF\xBF", 0x10FFFF}}) {
        std::string_view rest = text;
        EXPECT_EQ(TakeCodePoint(rest), point);
        EXPECT_TRUE(rest.empty());
    }
}

TEST(Utf8, RefusesWhatIsNoUtf8AndTakesOneByte) {
    for (const std::string_view text :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE2\x82",
          "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xFF"}) {
        std::string_view rest = text;
        EXPECT_FALSE(TakeCodePoint(rest));
        EXPECT_EQ(rest.size(), text.size() - 1);
        EXPECT_FALSE(CountCodePoints(text));
    }
}

}  // namespace
}  // namespace coupon
