#include "ledger/mysql_error.h"

#include <gtest/gtest.h>

#include <string>

namespace coupon::ledger {
namespace {

Error Reading(unsigned number, std::string_view message = "text") {
    return ErrorOfMysql(number, message, "read", MysqlStep::kStaysUndone);
}
Error Committing(unsigned number, std::string_view message = "text") {
    return ErrorOfMysql(number, message, "commit", MysqlStep::kCommits);
}

TEST(MysqlError, HasACodeForEachNumber) {
    const struct {
        ErrorCode code;
        std::initializer_list<unsigned> numbers;
    } kTable[] = {
        {ErrorCode::kUnavailable,
         {1040, 1053, 1205, 1213, 1290, 1317, 1836, 1927, 1969, 2002, 2003,
          2005, 2006, 2013, 2055, 2020, 2026, 3024, 3101, 3168, 3169, 4031}},
        {ErrorCode::kStorageFull, {1021, 1114}},
        {ErrorCode::kConflict, {1062}},
        {ErrorCode::kInvalidArgument, {1048, 1264, 1265, 1292, 1366, 1406, 3819, 4025}},
        {ErrorCode::kConfiguration, {1044, 1045, 1049, 1142}},
        {ErrorCode::kDamaged, {1054, 1146}},
        {ErrorCode::kStorageFailed, {1, 1026, 1030, 1064, 1180, 1194, 9999, 0}},
    };
    for (const auto& [code, numbers] : kTable) {
        for (const unsigned number : numbers) {
            const Error error = Reading(number);
            EXPECT_EQ(error.code, code) << number;
            EXPECT_EQ(error.applied, Applied::kNo) << number;
            EXPECT_EQ(error.retry_is_safe,
                      code == ErrorCode::kUnavailable || code == ErrorCode::kStorageFull)
                << number;
            EXPECT_TRUE(IsMysqlError(error, number));
        }
    }
}

TEST(MysqlError, SaysUnknownWhereACommitGotNoPlainNo) {
    for (const unsigned number : {1053u, 1317u, 1927u, 1969u, 2006u, 2013u, 2055u, 1180u, 9999u}) {
        EXPECT_EQ(Committing(number).applied, Applied::kUnknown) << number;
        EXPECT_FALSE(Committing(number).retry_is_safe) << number;
    }
    for (const unsigned number : {1213u, 1205u, 1290u, 1836u, 1114u, 1062u, 1264u, 1146u, 1045u}) {
        EXPECT_EQ(Committing(number).applied, Applied::kNo) << number;
    }
}

TEST(MysqlError, KnowsAFullDiskByTheSystemsNumber) {
    for (const std::string_view message :
         {"Got error 28 \"No space left on device\" from storage engine InnoDB",
          "Error writing file './log' (Errcode: 28 \"No space left on device\")",
          "Can't create table (errno: 28 \"No space left on device\")"}) {
        EXPECT_EQ(Reading(1030, message).code, ErrorCode::kStorageFull) << message;
        EXPECT_EQ(Committing(1030, message).applied, Applied::kUnknown) << message;
    }
    EXPECT_EQ(Reading(1030, "Got error 281 from storage engine").code, ErrorCode::kStorageFailed);
}

TEST(MysqlError, KnowsLockConflictsAndLostConnections) {
    for (const unsigned number : {1213u, 1205u, 1020u})
        EXPECT_TRUE(IsLockConflict(Reading(number)));
    for (const unsigned number : {1062u, 2013u, 121u, 12130u}) {
        EXPECT_FALSE(IsLockConflict(Reading(number))) << number;
    }
    for (const unsigned number : {1053u, 1927u, 2006u, 2013u, 2014u, 2020u, 2026u, 3169u, 4031u}) {
        EXPECT_TRUE(EndsConnection(number)) << number;
    }
    for (const unsigned number : {1062u, 1213u, 1317u, 1290u, 1045u}) {
        EXPECT_FALSE(EndsConnection(number)) << number;
    }
}

TEST(MysqlError, CutsALongMessage) {
    EXPECT_EQ(Reading(1064, std::string(5000, 'x')).detail.size(),
              std::string("MySQL 1064: ").size() + 300);
}

}  // namespace
}  // namespace coupon::ledger
