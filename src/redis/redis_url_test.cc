#include "redis/redis_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/limits_distributed.h"

namespace coupon::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

RedisUrl Parsed(std::string_view text) {
    auto url = RedisUrl::Parse(text);
    EXPECT_TRUE(url) << text << ": " << Describe(url.error());
    return url.value_or(RedisUrl{});
}

std::string Refused(std::string_view text) {
    const auto url = RedisUrl::Parse(text);
    EXPECT_FALSE(url) << text;
    if (url) return {};
    EXPECT_EQ(url.error().code, ErrorCode::kConfiguration);
    EXPECT_EQ(url.error().field, "redis.url");
    EXPECT_EQ(url.error().applied, Applied::kNo);
    return Describe(url.error());
}

TEST(RedisUrl, ReadsAHostAndItsDefaults) {
    const RedisUrl url = Parsed("redis://cache.internal");
    EXPECT_EQ(url.mode, RedisMode::kStandalone);
    EXPECT_FALSE(url.tls);
    EXPECT_THAT(url.nodes, ElementsAre(RedisNode{"cache.internal", 6379}));
    EXPECT_EQ(url.database, 0);
    EXPECT_EQ(url.user, "");
    EXPECT_EQ(url.password, "");
}

TEST(RedisUrl, ReadsEveryPart) {
    const RedisUrl url = Parsed("rediss://shop:p%40ss%3Aw%2Ford@[::1]:6380/3");
    EXPECT_TRUE(url.tls);
    EXPECT_EQ(url.user, "shop");
    EXPECT_EQ(url.password, "p@ss:w/ord");
    EXPECT_THAT(url.nodes, ElementsAre(RedisNode{"::1", 6380}));
    EXPECT_EQ(url.database, 3);
    EXPECT_EQ(Parsed("redis://:secret@h").user, "");
    EXPECT_EQ(Parsed("redis://:secret@h/").password, "secret");
}

TEST(RedisUrl, ReadsTheNodesOfAClusterAndOfSentinels) {
    const RedisUrl cluster = Parsed("redis+cluster://a:7000,b:7001,c");
    EXPECT_EQ(cluster.mode, RedisMode::kCluster);
    EXPECT_THAT(cluster.nodes,
                ElementsAre(RedisNode{"a", 7000}, RedisNode{"b", 7001}, RedisNode{"c", 6379}));
    const RedisUrl sentinel = Parsed("redis+sentinel://a,b:5000/shop/2");
    EXPECT_EQ(sentinel.mode, RedisMode::kSentinel);
    EXPECT_THAT(sentinel.nodes, ElementsAre(RedisNode{"a", 26379}, RedisNode{"b", 5000}));
    EXPECT_EQ(sentinel.master, "shop");
    EXPECT_EQ(sentinel.database, 2);
}

TEST(RedisUrl, NamesWhatIsWrong) {
    for (const std::string_view text : {"",
                                        "redis://",
                                        "http://h:1",
                                        "127.0.0.1:6380",
                                        "redis://:1",
                                        "redis://h:",
                                        "redis://h:0",
                                        "redis://h:65536",
                                        "redis://h:6380x",
                                        "redis://[::1",
                                        "redis://[]",
                                        "redis://[::1]6380",
                                        "redis://user@h",
                                        "redis://user:@h",
                                        "redis://u:%4@h",
                                        "redis://u:%zz@h",
                                        "redis://u:%00@h",
                                        "redis://a,b",
                                        "redis+cluster://a,",
                                        "redis+cluster://a/1",
                                        "redis+sentinel://a",
                                        "redis+sentinel://a/",
                                        "redis://h/x",
                                        "redis://h/-1"}) {
        EXPECT_THAT(Refused(text), HasSubstr("redis.url: "));
    }
}

TEST(RedisUrl, BoundsDatabaseAndNodes) {
    const std::string last = std::to_string(limits::kRedisDatabaseMax);
    EXPECT_EQ(Parsed("redis://h/" + last).database, limits::kRedisDatabaseMax);
    EXPECT_THAT(Refused("redis://h/65536"), HasSubstr(last));
    std::string nodes = "redis+cluster://n";
    for (std::size_t i = 1; i < limits::kRedisNodesMax; ++i) nodes += ",n";
    EXPECT_EQ(Parsed(nodes).nodes.size(), limits::kRedisNodesMax);
    EXPECT_THAT(Refused(nodes + ",n"), HasSubstr("too many nodes"));
}

TEST(RedisUrl, NeverTellsThePassword) {
    for (const std::string_view text :
         {"redis://u:hunter2@h:x", "redis://u:hunter2%@h", "redis://u:hunter2@h/x",
          "redis://hunter2@h", "redis://u:hunter2@a,b", "redis://u:a@hunter2@", "hunter2",
          "redis:://u:hunter2@h"}) {
        EXPECT_THAT(Refused(text), Not(HasSubstr("hunter2")));
    }
    EXPECT_EQ(Describe(Parsed("rediss://u:hunter2@h:1/2")), "rediss://h:1/2");
    EXPECT_EQ(Describe(Parsed("redis+sentinel://u:hunter2@[::1]:1,b:2/m")),
              "redis+sentinel://[::1]:1,b:2/m");
    // An @ that was not escaped belongs to the password, not to a host that errors would name.
    EXPECT_EQ(Describe(Parsed("redis://u:hun@ter2@h:1")), "redis://h:1");
}

}  // namespace
}  // namespace coupon::redis
