#include "redis/redis_error.h"

#include <gtest/gtest.h>

#include <string>

namespace coupon::redis {
namespace {

TEST(RedisError, SaysNotAppliedForWhatRedisRefusesBeforeItActs) {
    for (const std::string word :
         {"NOSCRIPT", "LOADING", "READONLY", "MOVED", "ASK", "CLUSTERDOWN", "MASTERDOWN", "OOM",
          "BUSY", "NOAUTH", "NOPERM", "WRONGPASS", "TRYAGAIN", "MISCONF", "NOREPLICAS", "NOGROUP",
          "BUSYGROUP", "EXECABORT", "DENIED"}) {
        const Error error = ErrorOfReply(word + " some text");
        EXPECT_EQ(error.applied, Applied::kNo) << word;
        EXPECT_EQ(error.detail, word + " some text");
        EXPECT_TRUE(IsRedisError(error, word));
    }
}

TEST(RedisError, SaysUnknownForWhatAScriptMayAnswerAfterAWrite) {
    for (const std::string_view text :
         {"ERR no such command", "WRONGTYPE Operation against a key", "MY own text", "", " ",
          "NOSCRIPTS x", "noscript x",
          "NOPERM this user has no permissions script: 6e07, on @user_script:1."}) {
        const Error error = ErrorOfReply(text);
        EXPECT_EQ(error.applied, Applied::kUnknown) << text;
        EXPECT_FALSE(error.retry_is_safe) << text;
    }
}

TEST(RedisError, SaysNotAppliedForAScriptWhoseEveryWriteIsRefused) {
    for (const std::string_view text :
         {"OOM command not allowed. script: 6e07, on @user_script:1.",
          "READONLY You can't write against a replica. script: 6e07, on @user_script:1."}) {
        EXPECT_EQ(ErrorOfReply(text).applied, Applied::kNo) << text;
    }
}

TEST(RedisError, TellsWhetherTheSameCommandMaySucceedLater) {
    EXPECT_TRUE(ErrorOfReply("LOADING x").retry_is_safe);
    EXPECT_TRUE(ErrorOfReply("NOSCRIPT x").retry_is_safe);
    EXPECT_FALSE(ErrorOfReply("WRONGPASS x").retry_is_safe);
    EXPECT_EQ(ErrorOfReply("OOM x").code, ErrorCode::kStorageFull);
    EXPECT_EQ(ErrorOfReply("BUSY x").code, ErrorCode::kOverloaded);
    EXPECT_EQ(ErrorOfReply("NOAUTH x").code, ErrorCode::kConfiguration);
    EXPECT_EQ(ErrorOfReply("NOSCRIPT x").code, ErrorCode::kNotFound);
}

TEST(RedisError, TellsAKeyThatIsDamagedFromARedisThatIsAway) {
    EXPECT_EQ(ErrorOfReply("WRONGTYPE Operation against a key").code, ErrorCode::kDamaged);
    EXPECT_EQ(ErrorOfReply("WRONGTYPES").code, ErrorCode::kUnavailable);
}

TEST(RedisError, CutsALongText) {
    EXPECT_EQ(ErrorOfReply("ERR " + std::string(5000, 'x')).detail.size(), 200u);
}

TEST(RedisError, RecognisesAWordOnlyInAnAnswerOfRedis) {
    Error error = ErrorOfReply("NOSCRIPT x");
    EXPECT_FALSE(IsRedisError(error, "NO"));
    EXPECT_FALSE(IsRedisError(error, "LOADING"));
    error.operation = "connect";
    EXPECT_FALSE(IsRedisError(error, "NOSCRIPT"));
}

}  // namespace
}  // namespace coupon::redis
