#include "common/secret.h"

#include <gtest/gtest.h>

#include <string>

#include "common/limits.h"
#include "tests/support/temporary_folder.h"

namespace coupon {
namespace {

const std::string kToken = "0123456789abcdef0123456789ABCDEF";

Secret TokenSecret() { return *Secret::FromText(kToken, "operator.token_file"); }

TEST(Secret, MatchesItsOwnTextOnly) {
    const Secret secret = TokenSecret();
    EXPECT_TRUE(secret.Matches(kToken));
    EXPECT_FALSE(secret.Matches(""));
    EXPECT_FALSE(secret.Matches(kToken.substr(1)));
    EXPECT_FALSE(secret.Matches(kToken.substr(0, kToken.size() - 1)));
    EXPECT_FALSE(secret.Matches(kToken + "x"));
}

TEST(Secret, SeesADifferenceInEveryByte) {
    const Secret secret = TokenSecret();
    for (std::size_t i = 0; i < kToken.size(); ++i) {
        std::string other = kToken;
        other[i] = static_cast<char>(other[i] ^ 1);
        EXPECT_FALSE(secret.Matches(other)) << i;
    }
}

TEST(Secret, IsNotMatchedByItsPadding) {
    const Secret secret = TokenSecret();
    EXPECT_FALSE(secret.Matches(kToken + std::string(1, '\0')));
    EXPECT_FALSE(
        secret.Matches(kToken + std::string(limits::kSecretBytesMax - kToken.size(), '\0')));
    EXPECT_FALSE(secret.Matches(kToken + std::string(10 * limits::kSecretBytesMax, '\0')));
}

TEST(Secret, RefusesTextsThatAreTooShortTooLongOrNoHeaderValue) {
    EXPECT_TRUE(Secret::FromText(std::string(limits::kSecretBytesMin, 'x'), "k"));
    EXPECT_FALSE(Secret::FromText(std::string(limits::kSecretBytesMin - 1, 'x'), "k"));
    EXPECT_TRUE(Secret::FromText(std::string(limits::kSecretBytesMax, 'x'), "k"));
    EXPECT_FALSE(Secret::FromText(std::string(limits::kSecretBytesMax + 1, 'x'), "k"));
    EXPECT_FALSE(Secret::FromText(kToken + " x", "k"));
    EXPECT_FALSE(Secret::FromText(kToken + "\n", "k"));
    EXPECT_FALSE(Secret::FromText(kToken + "\xC3\xA4", "k"));
}

TEST(Secret, StaysOutOfTheErrorAboutIt) {
    const Result<Secret> secret = Secret::FromText("hunter2", "operator.token_file");
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::kConfiguration);
    EXPECT_EQ(secret.error().field, "operator.token_file");
    EXPECT_EQ(secret.error().detail.find("hunter2"), std::string::npos);
}

TEST(SecretFile, DropsOneLineEnd) {
    const support::TemporaryFolder folder;
    for (const std::string_view end : {"", "\n", "\r\n"}) {
        const Result<Secret> secret =
            ReadSecretFile(folder.Write("token", kToken + std::string(end)), "k");
        ASSERT_TRUE(secret) << secret.error().detail;
        EXPECT_TRUE(secret->Matches(kToken));
    }
    EXPECT_FALSE(ReadSecretFile(folder.Write("token", kToken + "\n\n"), "k"));
}

TEST(SecretFile, IsRefusedWhenOthersHaveAnyAccess) {
    const support::TemporaryFolder folder;
    const std::filesystem::path path = folder.Write("token", kToken);
    for (const unsigned mode : {0600U, 0640U, 0400U}) {
        std::filesystem::permissions(path, std::filesystem::perms(mode));
        EXPECT_TRUE(ReadSecretFile(path, "k")) << mode;
    }
    for (const unsigned mode : {0604U, 0602U, 0601U, 0644U}) {
        std::filesystem::permissions(path, std::filesystem::perms(mode));
        const Result<Secret> secret = ReadSecretFile(path, "service.token_file");
        ASSERT_FALSE(secret) << mode;
        EXPECT_EQ(secret.error().field, "service.token_file");
        EXPECT_NE(secret.error().detail.find("mode 06"), std::string::npos);
    }
}

TEST(SecretFile, IsRefusedWhenItIsAbsentAFolderOrTooLarge) {
    const support::TemporaryFolder folder;
    EXPECT_FALSE(ReadSecretFile(folder.Path() / "absent", "k"));
    std::filesystem::permissions(folder.Path(), std::filesystem::perms(0700));
    EXPECT_FALSE(ReadSecretFile(folder.Path(), "k"));
    EXPECT_TRUE(ReadSecretFile(
        folder.Write("t", std::string(limits::kSecretBytesMax, 'x').append("\r\n")), "k"));
    EXPECT_FALSE(
        ReadSecretFile(folder.Write("t", std::string(limits::kSecretBytesMax + 1, 'x')), "k"));
    EXPECT_FALSE(ReadSecretFile(folder.Write("t", std::string(100'000, 'x')), "k"));
    EXPECT_FALSE(ReadSecretFile(folder.Write("t", ""), "k"));
}

TEST(BearerToken, IsWhatFollowsTheSchemeInAnyCase) {
    EXPECT_EQ(BearerToken("Bearer abc"), "abc");
    EXPECT_EQ(BearerToken("bEARER   abc "), "abc");
    EXPECT_EQ(BearerToken(""), "");
    EXPECT_EQ(BearerToken("Bearer"), "");
    EXPECT_EQ(BearerToken("Bearer "), "");
    EXPECT_EQ(BearerToken("Bearerabc"), "");
    EXPECT_EQ(BearerToken("Basic abcdef"), "");
}

}  // namespace
}  // namespace coupon
