#include "admission/redis_accepted.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace coupon::admission {
namespace {

redis::RedisReply Fields(std::initializer_list<std::string> texts) {
    redis::RedisReply::Elements elements;
    for (const std::string& text : texts) {
        elements.emplace_back(redis::RedisReply::Kind::kString, text);
    }
    return redis::RedisReply(std::move(elements));
}

TEST(AcceptedBatch, IsReadFromTheFieldsInAnyOrder) {
    const auto batch = ParseAccepted(Fields({"u", "9223372036854775807 5 6", "s", "2147483645", "t",
                                             "1800000000123", "x", "new", "v", "1", "e", "3"}));
    ASSERT_TRUE(batch) << Describe(batch.error());
    EXPECT_EQ(batch->epoch, 3);
    EXPECT_EQ(batch->first, Sequence{2'147'483'645});
    EXPECT_EQ(batch->issued_at, WallTime{std::chrono::milliseconds{1'800'000'000'123}});
    EXPECT_EQ(batch->users, (std::vector{UserId{9'223'372'036'854'775'807}, UserId{5}, UserId{6}}));
}

TEST(AcceptedBatch, IsRefusedWhereItCannotBeTrue) {
    const auto refused = [](std::initializer_list<std::string> texts) {
        const auto batch = ParseAccepted(Fields(texts));
        return !batch && batch.error().code == ErrorCode::kDamaged;
    };
    EXPECT_TRUE(refused({"v", "2", "e", "1", "t", "1", "s", "1", "u", "5"})) << "version";
    EXPECT_TRUE(refused({"e", "1", "t", "1", "s", "1", "u", "5"})) << "no version";
    EXPECT_TRUE(refused({"v", "1", "e", "0", "t", "1", "s", "1", "u", "5"})) << "epoch";
    EXPECT_TRUE(refused({"v", "1", "e", "1", "t", "x", "s", "1", "u", "5"})) << "time";
    EXPECT_TRUE(refused({"v", "1", "e", "1", "t", "1", "s", "0", "u", "5"})) << "sequence";
    EXPECT_TRUE(refused({"v", "1", "e", "1", "t", "1", "s", "1", "u", ""})) << "nobody";
    EXPECT_TRUE(refused({"v", "1", "e", "1", "t", "1", "s", "1", "u", "5  6"})) << "two blanks";
    EXPECT_TRUE(refused({"v", "1", "e", "1", "t", "1", "s", "1", "u", "5 0"})) << "user 0";
    EXPECT_TRUE(refused({"v", "1", "e", "1", "t", "1", "s", "1", "u", "9223372036854775808"}));
    EXPECT_TRUE(refused({"v", "1", "e", "1", "t", "1", "s", "2147483647", "u", "5 6"}))
        << "beyond the last sequence";
    EXPECT_TRUE(refused({"v", "1", "e", "1", "t", "1", "s", "1", "u"})) << "half a field";
    EXPECT_FALSE(refused({"v", "1", "e", "1", "t", "1", "s", "2147483647", "u", "5"}));
}

TEST(UserEntry, HasASequenceAndAnOffsetThatMayBeNegative) {
    EXPECT_EQ(ParseUserEntry("12:-5")->sequence, Sequence{12});
    EXPECT_EQ(ParseUserEntry("12:-5")->offset_ms, -5);
    for (const char* wrong : {"", "12", ":5", "12:", "0:5", "2147483648:5", "1:2:3", "1: 2"}) {
        EXPECT_FALSE(ParseUserEntry(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace coupon::admission
