#include "redis/redis_command.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/limits_distributed.h"

namespace coupon::redis {
namespace {

using namespace std::string_view_literals;

TEST(RedisCommand, WritesLengthsAndArgumentsWithAnyBytes) {
    EXPECT_EQ(RedisCommand({"PING"}).Bytes(), "*1\r\n$4\r\nPING\r\n");
    EXPECT_EQ(RedisCommand({"SET", "a\0\r\n%s"sv, ""}).Bytes(),
              "*3\r\n$3\r\nSET\r\n$6\r\na\0\r\n%s\r\n$0\r\n\r\n"sv);
}

TEST(RedisCommand, TakesAsManyArgumentsAsThereAre) {
    const std::vector<std::string_view> arguments(2000, "MGET");
    const RedisCommand command(arguments);
    EXPECT_TRUE(command.Bytes().starts_with("*2000\r\n$4\r\nMGET\r\n"));
    EXPECT_EQ(command.Bytes().size(), 7 + 2000 * 10);
}

TEST(RedisCommand, FormatsNothingBeyondItsLimit) {
    const std::string fits(limits::kRedisCommandBytesMax - 100, 'x');
    EXPECT_FALSE(RedisCommand({"SET", "k", fits}).TooLarge());
    const std::string large(limits::kRedisCommandBytesMax, 'x');
    EXPECT_TRUE(RedisCommand({"SET", "k", large}).TooLarge());
    EXPECT_EQ(RedisCommand({"SET", "k", large}).Bytes(), "");
}

TEST(RedisCommandDeathTest, EndsTheProcessWithoutAName) {
    EXPECT_DEATH(RedisCommand(std::vector<std::string_view>()), "arguments.empty");
}

}  // namespace
}  // namespace coupon::redis
