#include "ledger/mysql_options.h"
#include "common/limits_distributed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace coupon::ledger {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MysqlOptions Parsed(std::string_view text) {
    auto options = ParseMysqlUrl(text);
    EXPECT_TRUE(options) << text << ": " << Describe(options.error());
    return options.value_or(MysqlOptions{});
}

std::string Refused(std::string_view text) {
    const auto options = ParseMysqlUrl(text);
    EXPECT_FALSE(options) << text;
    if (options) return {};
    EXPECT_EQ(options.error().code, ErrorCode::kConfiguration);
    EXPECT_EQ(options.error().field, "datasource.url");
    EXPECT_EQ(options.error().applied, Applied::kNo);
    return Describe(options.error());
}

TEST(MysqlUrl, ReadsHostPortAndDatabase) {
    const MysqlOptions options = Parsed("mysql://db.internal:3307/shop_coupons-2");
    EXPECT_EQ(options.host, "db.internal");
    EXPECT_EQ(options.port, 3307);
    EXPECT_EQ(options.database, "shop_coupons-2");
    EXPECT_EQ(Parsed("mysql://h/d").port, 3306);
    EXPECT_EQ(Parsed("mysql://[::1]:3307/d").host, "::1");
    EXPECT_EQ(Parsed("mysql://[::1]:3307/d").port, 3307);
    EXPECT_EQ(Parsed("mysql://[::1]/d").port, 3306);
}

TEST(MysqlUrl, LeavesTheRestAsDocumented) {
    const MysqlOptions options = Parsed("mysql://h/d");
    EXPECT_EQ(options.tls, MysqlTls::kDisabled);
    EXPECT_EQ(options.user, "root");
    EXPECT_EQ(options.password, "");
    EXPECT_EQ(options.maximum_pool_size, 10u);
    EXPECT_EQ(options.max_lifetime, std::chrono::minutes(30));
    EXPECT_EQ(options.connection_timeout, std::chrono::seconds(3));
    EXPECT_EQ(options.lock_wait, std::chrono::seconds(2));
    EXPECT_EQ(options.silence, std::chrono::seconds(30));
}

TEST(MysqlUrl, ReadsTheModeOfTls) {
    for (const std::string text :
         {"mysql://h:3306/d?sslMode=REQUIRED", "mysql://h:3306/d?sslMode=VERIFY_IDENTITY"}) {
        EXPECT_EQ(Describe(Parsed(text)), text);
    }
    EXPECT_EQ(Parsed("mysql://h/d?sslMode=REQUIRED").tls, MysqlTls::kRequired);
    EXPECT_EQ(Parsed("mysql://h/d?sslMode=VERIFY_IDENTITY").tls, MysqlTls::kVerifyIdentity);
    EXPECT_EQ(Describe(Parsed("mysql://h/d?sslMode=DISABLED")), "mysql://h:3306/d");
    for (const std::string_view text :
         {"mysql://h/d?sslMode=PREFERRED", "mysql://h/d?sslMode=", "mysql://h/d?useSSL=true",
          "mysql://h/d?sslMode=REQUIRED&x=1", "mysql://h/d?"}) {
        EXPECT_THAT(Refused(text), HasSubstr("sslMode=DISABLED, REQUIRED or VERIFY_IDENTITY"));
    }
}

TEST(MysqlUrl, NamesWhatIsWrong) {
    for (const std::string_view text :
         {"", "mysql://", "mysql:///d", "mysql://h", "mysql://h/", "mysql://h:/d", "mysql://h:0/d",
          "mysql://h:65536/d", "mysql://h:3306x/d", "mysql://[::1/d", "mysql://[]/d",
          "mysql://[::1]3306/d", "mysql://h/d/e", "mysql://h/d?tls=1", "mysql://h/d;",
          "jdbc:mysql://h/d", "mysqls://h/d", "h:3306/d"}) {
        EXPECT_THAT(Refused(text), HasSubstr("datasource.url: "));
    }
}

TEST(MysqlUrl, BoundsTheDatabase) {
    const std::string longest(limits::kMysqlDatabaseBytesMax, 'd');
    EXPECT_EQ(Parsed("mysql://h/" + longest).database, longest);
    EXPECT_THAT(Refused("mysql://h/" + longest + "d"), HasSubstr("1 to 64 letters"));
}

TEST(MysqlUrl, RefusesUserAndPasswordAndNeverTellsThem) {
    for (const std::string_view text :
         {"mysql://shop:hunter2@h/d", "mysql://hunter2@h/d", "mysql://u:hunter2/@h:1/d",
          "mysql://h/hunter2@", "mysql://u:hunter2@h"}) {
        EXPECT_THAT(Refused(text), Not(HasSubstr("hunter2")));
        EXPECT_THAT(Refused(text), HasSubstr("datasource.password_file"));
    }
    MysqlOptions options = Parsed("mysql://[::1]:3307/d");
    options.user = "shop";
    options.password = "hunter2";
    EXPECT_EQ(Describe(options), "mysql://[::1]:3307/d");
    options.host = "h";
    EXPECT_EQ(Describe(options), "mysql://h:3307/d");
}

}  // namespace
}  // namespace coupon::ledger
