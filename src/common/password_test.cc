#include "common/password.h"

#include <gtest/gtest.h>

#include <string>

#include "common/limits.h"
#include "tests/support/temporary_folder.h"

namespace coupon {
namespace {

TEST(Password, TakesAnyTextOfOneLine) {
    EXPECT_STREQ(Password::FromText("x", "k")->Reveal(), "x");
    EXPECT_STREQ(Password::FromText("two words \xC3\xA4", "k")->Reveal(), "two words \xC3\xA4");
    EXPECT_TRUE(Password::FromText(std::string(limits::kSecretBytesMax, 'x'), "k"));
    EXPECT_FALSE(Password::FromText(std::string(limits::kSecretBytesMax + 1, 'x'), "k"));
    EXPECT_FALSE(Password::FromText("", "k"));
    EXPECT_FALSE(Password::FromText("two\nlines", "k"));
    EXPECT_FALSE(Password::FromText(std::string("a\0b", 3), "k"));
}

TEST(Password, StaysOutOfTheErrorAboutIt) {
    const support::TemporaryFolder folder;
    const auto password = ReadPasswordFile(folder.Write("p", "hunter2\nmore"), "datasource.x");
    ASSERT_FALSE(password);
    EXPECT_EQ(password.error().code, ErrorCode::kConfiguration);
    EXPECT_EQ(password.error().field, "datasource.x");
    EXPECT_EQ(password.error().detail.find("hunter2"), std::string::npos);
}

TEST(Password, ComesFromAFileThatOthersCannotRead) {
    const support::TemporaryFolder folder;
    const std::filesystem::path file = folder.Write("p", "word\r\n");
    EXPECT_STREQ(ReadPasswordFile(file, "k")->Reveal(), "word");
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    EXPECT_FALSE(ReadPasswordFile(file, "k"));
    EXPECT_FALSE(ReadPasswordFile(folder.Path() / "absent", "k"));
}

}  // namespace
}  // namespace coupon
