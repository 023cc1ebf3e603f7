#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "redis/redis_client.h"
#include "redis/redis_client_fixture.h"
#include "tests/support/certificate.h"
#include "tests/support/redis_server.h"
#include "tests/support/temporary_folder.h"

namespace coupon::redis {
namespace {

using ::testing::HasSubstr;

/// A Redis whose certificate names 127.0.0.1, signed by itself.
class RedisClientOverTls : public RedisClientTest {
protected:
    RedisClientOverTls() {
        support::MakeCertificate(folder_.Path(), "redis-test");
        tls_port_ = support::FreePort();
        server_ = std::make_unique<support::RedisServer>(std::vector<std::string>{
            "--tls-port", std::to_string(tls_port_), "--tls-cert-file", File("certificate.pem"),
            "--tls-key-file", File("key.pem"), "--tls-auth-clients", "no"});
    }
    std::string File(const std::string& name) const { return (folder_.Path() / name).string(); }
    RedisOptions Trusting(const std::string& ca_file) const {
        RedisOptions options = OptionsFor(tls_port_, "rediss://");
        options.ca_file = ca_file;
        return options;
    }
    /// Why there is no connection.
    std::string Refusal(const RedisOptions& options) {
        states_.clear();
        const auto client = Make(options);
        EXPECT_TRUE(RunUntil([&] { return !states_.empty(); }));
        EXPECT_FALSE(client->Up());
        return LastReason();
    }

    support::TemporaryFolder folder_;
    std::uint16_t tls_port_ = 0;
    std::unique_ptr<support::RedisServer> server_;
};

TEST_F(RedisClientOverTls, AnswersPipelinedCommandsAndLargeValues) {
    constexpr std::size_t kCommands = 10'000;
    const auto client = Connect(Trusting(File("certificate.pem")));
    Answers answers;
    for (std::size_t i = 0; i < kCommands; ++i) {
        client->Send({"INCR", "n"}, Later(), answers.Next());
    }
    ASSERT_TRUE(RunUntil([&] { return answers.all.size() == kCommands; }));
    for (std::size_t i = 0; i < kCommands; ++i) {
        ASSERT_EQ(answers.all[i]->Integer(), static_cast<std::int64_t>(i + 1));
    }
    const std::string large(3'000'000, 'x');
    EXPECT_EQ(Text(*client, {"SET", "large", large}), "OK");
    EXPECT_EQ(Text(*client, {"GET", "large"}), large);
}

TEST_F(RedisClientOverTls, ComesBackAfterARestart) {
    const auto client = Connect(Trusting(File("certificate.pem")));
    const std::string first = client->RunId();
    server_->Kill();
    ASSERT_TRUE(RunUntil([&] { return !client->Up(); }));
    server_->Start();
    ASSERT_TRUE(RunUntil([&] { return client->Up(); }));
    EXPECT_NE(client->RunId(), first);
}

TEST_F(RedisClientOverTls, TrustsNobodyWhomItCannotVerify) {
    EXPECT_THAT(Refusal(Trusting("")), HasSubstr("certificate verify failed"));
    RedisOptions other_name = Trusting(File("certificate.pem"));
    other_name.url.nodes.front().host = "localhost";
    EXPECT_THAT(Refusal(other_name), HasSubstr("certificate verify failed"));
    RedisOptions unverified = Trusting("");
    unverified.verify_peer = false;
    EXPECT_EQ(Text(*Connect(unverified), {"PING"}), "PONG");
}

TEST_F(RedisClientOverTls, SpeaksNoPlainTextToATlsPortAndNoTlsToAPlainOne) {
    EXPECT_NE(Refusal(OptionsFor(tls_port_)), "");
    RedisOptions plain = Trusting(File("certificate.pem"));
    plain.url.nodes.front().port = server_->Port();
    plain.connect_timeout = std::chrono::milliseconds(200);  // each waits for the other
    EXPECT_NE(Refusal(plain), "");
}

TEST_F(RedisClientOverTls, NamesAnAuthorityFileThatCannotBeRead) {
    for (const std::string name : {"absent.pem", "key.pem"}) {
        const auto client =
            RedisClient::Create(io_, Trusting(File(name)), [](const RedisState&) {});
        ASSERT_FALSE(client);
        EXPECT_EQ(client.error().code, ErrorCode::kConfiguration);
        EXPECT_THAT(client.error().detail, HasSubstr(name));
    }
}

}  // namespace
}  // namespace coupon::redis
