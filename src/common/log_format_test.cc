#include "common/log_format.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/time_format.h"

namespace coupon {
namespace {

std::string Json(std::string_view message, const LogFields& fields = {}) {
    std::string line;
    AppendJsonLine({*ParseRfc3339("2026-11-23T10:00:00Z"), LogLevel::kInfo, "api", message, fields},
                   line);
    return line;
}

std::string Text(std::string_view message, const LogFields& fields = {}) {
    std::string line;
    AppendTextLine(
        {*ParseRfc3339("2026-11-23T10:00:00.5Z"), LogLevel::kWarning, "api", message, fields},
        line);
    return line;
}

TEST(LogFormat, TextIsTimeLevelMessageAndFields) {
    EXPECT_EQ(Text("coupon created", {{"coupon", 7}, {"name", "x"}, {"ok", true}, {"rate", 0.5}}),
              "2026-11-23T10:00:00.500Z WARN  coupon created coupon=7 name=x ok=true rate=0.5");
}

TEST(LogFormat, TextQuotesWhatIsNoPlainWord) {
    EXPECT_TRUE(Text("m", {{"a", "two words"}}).ends_with(R"( a="two words")"));
    EXPECT_TRUE(Text("m", {{"a", ""}}).ends_with(R"( a="")"));
    EXPECT_TRUE(Text("m", {{"a", "x=y"}}).ends_with(R"( a="x=y")"));
    EXPECT_TRUE(Text("m", {{"a", "say \"hi\" \\"}}).ends_with(R"( a="say \"hi\" \\")"));
    EXPECT_TRUE(Text("m", {{"a", "쿠폰"}}).ends_with(" a=\"쿠폰\""));
}

TEST(LogFormat, NothingACallerSendsStartsALine) {
    for (const std::string_view evil : {"a\nb", "a\rb", "a\x1B[31mb",
                                        "a\xC2\x85"
                                        "b",
                                        "a\xE2\x80\xA8"
                                        "b"}) {
        for (const std::string& line :
             {Text(evil), Text("m", {{"k", evil}}), Text("m", {{evil, 1}}), Json(evil),
              Json("m", {{"k", evil}}), Json("m", {{evil, 1}})}) {
            EXPECT_EQ(line.find_first_of("\n\r\x1B"), std::string::npos) << line;
            EXPECT_EQ(line.find("\xC2\x85"), std::string::npos) << line;
            EXPECT_EQ(line.find("\xE2\x80\xA8"), std::string::npos) << line;
        }
    }
}

TEST(LogFormat, JsonHasTheFourKeysFirst) {
    EXPECT_EQ(Json("coupon created", {{"coupon", 7}, {"name", "x"}}),
              R"({"time":"2026-11-23T10:00:00.000Z","level":"info","application":"api",)"
              R"("message":"coupon created","coupon":7,"name":"x"})");
}

TEST(LogFormat, JsonEscapesAndRepairs) {
    EXPECT_TRUE(
        Json("m", {{"k", "q\" b\\ n\n t\t"}}).ends_with("\"k\":\"q\\\" b\\\\ n\\n t\\u0009\"}"));
    EXPECT_TRUE(Json("m", {{"k", std::string_view("a\0b", 3)}}).ends_with(R"("k":"a\u0000b"})"));
    EXPECT_TRUE(Json("m", {{"k",
                            "a\xFF"
                            "b\xC3"}})
                    .ends_with("\"k\":\"a\xEF\xBF\xBD"
                               "b\xEF\xBF\xBD\"}"));
    EXPECT_TRUE(Json("m", {{"k", "쿠폰"}}).ends_with("\"k\":\"쿠폰\"}"));
}

TEST(LogFormat, JsonNumbersAreNumbersOrNull) {
    EXPECT_TRUE(Json("m", {{"k", std::numeric_limits<std::uint64_t>::max()}})
                    .ends_with(":18446744073709551615}"));
    EXPECT_TRUE(Json("m", {{"k", std::numeric_limits<std::int64_t>::min()}})
                    .ends_with(":-9223372036854775808}"));
    EXPECT_TRUE(Json("m", {{"k", false}}).ends_with(":false}"));
    EXPECT_TRUE(Json("m", {{"k", 1.5}}).ends_with(":1.5}"));
    EXPECT_TRUE(Json("m", {{"k", std::numeric_limits<double>::quiet_NaN()}}).ends_with(":null}"));
    EXPECT_TRUE(Json("m", {{"k", std::numeric_limits<double>::infinity()}}).ends_with(":null}"));
}

TEST(LogFormat, JsonKeepsFieldsApartFromItsOwnKeys) {
    EXPECT_TRUE(
        Json("m", {{"message", "x"}, {"level", 1}}).ends_with(R"(,"_message":"x","_level":1})"));
}

}  // namespace
}  // namespace coupon
