#include "redis/redis_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/limits_distributed.h"

namespace coupon::redis {
namespace {

using ::testing::HasSubstr;
using Kind = RedisReply::Kind;

/// The one reply in `bytes`.
RedisReply Read(std::string_view bytes) {
    RedisReader reader;
    reader.Feed(bytes);
    auto reply = reader.Next();
    EXPECT_TRUE(reply && *reply) << bytes;
    return reply && *reply ? std::move(**reply) : RedisReply();
}

/// Why `bytes` are not read.
std::string Refused(std::string_view bytes) {
    RedisReader reader;
    reader.Feed(bytes);
    const auto reply = reader.Next();
    if (reply) return "taken";
    EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
    return reply.error().detail;
}

TEST(RedisReader, ReadsEveryKind) {
    EXPECT_EQ(Read("+OK\r\n").Text(), "OK");
    EXPECT_EQ(Read("+OK\r\n").GetKind(), Kind::kStatus);
    EXPECT_TRUE(Read("-ERR no\r\n").IsError());
    EXPECT_EQ(Read("-ERR no\r\n").Text(), "ERR no");
    EXPECT_EQ(Read(":-9223372036854775808\r\n").Integer(), INT64_MIN);
    EXPECT_EQ(Read("$0\r\n\r\n").GetKind(), Kind::kString);
    EXPECT_TRUE(Read("$-1\r\n").IsNil());
    EXPECT_TRUE(Read("*-1\r\n").IsNil());
    EXPECT_TRUE(Read("*0\r\n").IsArray());
}

TEST(RedisReader, KeepsEveryByteOfAString) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(Read("$256\r\n" + bytes + "\r\n").Text(), bytes);
}

TEST(RedisReader, ReadsArraysInArrays) {
    const RedisReply reply = Read("*3\r\n*2\r\n$1\r\na\r\n:7\r\n$-1\r\n*1\r\n*1\r\n+deep\r\n");
    ASSERT_EQ(reply.Size(), 3u);
    EXPECT_EQ(reply[0][0].Text(), "a");
    EXPECT_EQ(reply[0][1].Integer(), 7);
    EXPECT_TRUE(reply[1].IsNil());
    EXPECT_EQ(reply[2][0][0].Text(), "deep");
}

TEST(RedisReply, AnswersNilOrNothingWhereNothingIs) {
    const RedisReply reply = Read("*1\r\n:1\r\n");
    EXPECT_TRUE(reply[1].IsNil());
    EXPECT_TRUE(reply[0][5][9].IsNil());
    EXPECT_EQ(reply[0].Text(), "");
    EXPECT_EQ(reply[0].Size(), 0u);
    EXPECT_EQ(reply.Integer(), std::nullopt);
}

TEST(RedisReader, TakesRepliesByteByByteAndManyAtOnce) {
    const std::string bytes = "*2\r\n$3\r\na\r\n\r\n:12\r\n+OK\r\n-ERR x\r\n";
    RedisReader reader;
    int replies = 0;
    for (const char byte : bytes) {
        reader.Feed({&byte, 1});
        const auto reply = reader.Next();
        ASSERT_TRUE(reply);
        replies += reply->has_value() ? 1 : 0;
    }
    EXPECT_EQ(replies, 3);
    reader.Feed(bytes + bytes);
    for (replies = 0; *reader.Next(); ++replies) {
    }
    EXPECT_EQ(replies, 6);
}

TEST(RedisReader, RefusesWhatIsNotResp) {
    for (const std::string_view bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "$-2\r\n", "*-2\r\n", ":1x\r\n", ":\r\n",
          "*1\r\n?\r\n", "*9223372036854775807\r\n", "\r\n"}) {
        EXPECT_NE(Refused(bytes), "taken") << bytes;
    }
}

TEST(RedisReader, RefusesWhatIsNestedTooDeep) {
    std::string nested;
    for (int i = 0; i < limits::kRedisReplyDepthMax; ++i) nested += "*1\r\n";
    EXPECT_TRUE(Read(nested + ":1\r\n").IsArray());
    EXPECT_EQ(Refused(nested + "*1\r\n:1\r\n"), "nested too deep");
}

TEST(RedisReader, RefusesTooManyElementsBeforeTheyCome) {
    const std::size_t most = limits::kRedisReplyElementsMax;
    EXPECT_EQ(Refused("*" + std::to_string(most + 1) + "\r\n"), "too many elements");
    EXPECT_EQ(Refused("*2\r\n:1\r\n*" + std::to_string(most - 1) + "\r\n"), "too many elements");
    std::string bytes = "*" + std::to_string(most) + "\r\n";
    for (std::size_t i = 0; i < most; ++i) bytes += ":1\r\n";
    EXPECT_EQ(Read(bytes).Size(), most);
    RedisReader reader;  // the next reply counts anew
    reader.Feed(bytes + bytes);
    ASSERT_TRUE(*reader.Next());
    EXPECT_TRUE(*reader.Next());
}

TEST(RedisReader, RefusesAReplyThatIsTooLarge) {
    const std::size_t piece = limits::kRedisReplyBytesMax / 4;
    const std::string text(piece, 'x');
    const std::string bulk = "$" + std::to_string(piece) + "\r\n" + text + "\r\n";
    RedisReader reader;
    reader.Feed("*5\r\n");
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(reader.Next());
        reader.Feed(bulk);
    }
    ASSERT_TRUE(reader.Next());  // exactly the limit
    reader.Feed("$1\r\nx\r\n");
    const auto reply = reader.Next();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().detail, "too many bytes");
}

TEST(RedisReader, HoldsNoMoreThanAReplyOfWhatIsNotWhole) {
    const std::string text(limits::kRedisReplyBytesMax, 'x');
    for (const std::string_view begin : {"$9223372036854775807\r\n", "+"}) {
        RedisReader reader;
        reader.Feed(begin);
        ASSERT_TRUE(reader.Next());
        reader.Feed(text);
        reader.Feed("x");
        const auto reply = reader.Next();
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().detail, "too many bytes");
    }
}

}  // namespace
}  // namespace coupon::redis
