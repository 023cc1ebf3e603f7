#include "http/server_test_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace coupon::http {
namespace {

using namespace std::chrono_literals;

/// What clients under load have seen.
struct Seen {
    std::atomic<std::size_t> answered{0};
    std::atomic<std::size_t> torn{0};  ///< answers that broke off
};

/// Sends `requests`, which are `count`, again and again until the server closes the connection.
void AskUntilClosed(TestClient& client, const std::string& requests, int count, Seen& seen) {
    while (client.Send(requests)) {
        for (int i = 0; i < count; ++i) {
            const Answer answer = client.ReadAnswer();
            seen.answered += answer.status == 200;
            seen.torn += answer.status == 0 && !answer.header.empty();
            if (answer.status != 200 || answer.Says("Connection: close")) return;
        }
    }
}

class ServerDrainTest : public ServerTest {};

TEST_F(ServerDrainTest, DrainClosesIdleConnectionsAndAnswersWhatIsPending) {
    Start();
    TestClient idle = Connect();
    idle.Send(Get("/x"));
    EXPECT_EQ(idle.ReadAnswer().status, 200);
    TestClient pending = Connect();
    pending.Send(Get("/hold"));
    ASSERT_TRUE(shared_.held.WaitFor(1));
    bool complete = false;
    std::thread drain([&] { complete = server_->Drain(10s); });
    EXPECT_TRUE(idle.AtEnd());
    shared_.held.AnswerAll();
    const Answer answer = pending.ReadAnswer();
    EXPECT_EQ(answer.body, "late");
    EXPECT_TRUE(answer.Says("Connection: close\r\n"));
    EXPECT_TRUE(pending.AtEnd());
    pending.Close();
    drain.join();
    EXPECT_TRUE(complete);
    EXPECT_FALSE(Connect().Connected());
}

TEST_F(ServerDrainTest, DrainClosesAConnectionThatWasInMidWriteOnceAllIsRead) {
    Start();
    TestClient client(server_->Port(), 4096);
    client.Send(Get("/large"));
    ASSERT_TRUE(client.WaitReadable(10'000)) << "the answer is on its way, and says keep-alive";
    bool complete = false;
    std::thread drain([&] { complete = server_->Drain(60s); });
    EXPECT_TRUE(Eventually([&] { return !Connect().Connected(); })) << "the drain has begun";
    EXPECT_EQ(client.ReadAnswer().status, 200);
    EXPECT_TRUE(client.AtEnd());
    client.Close();
    drain.join();
    EXPECT_TRUE(complete);
}

TEST_F(ServerDrainTest, DrainGivesUpAtItsDeadlineAndSaysSo) {
    Start();
    TestClient pending = Connect();
    pending.Send(Get("/hold"));
    ASSERT_TRUE(shared_.held.WaitFor(1));
    EXPECT_FALSE(server_->Drain(20ms));
    EXPECT_EQ(Events(TransportEvent::kDrainCut), 1u);
}

TEST_F(ServerDrainTest, DrainUnderLoadLosesNoAnswer) {
    Start();
    Seen seen;
    std::vector<std::thread> clients;
    for (int i = 0; i < 16; ++i) {
        const bool pipelines = i % 2 == 0;
        const std::string requests = pipelines ? Get("/x") + Get("/y") : Get("/later");
        clients.emplace_back([this, &seen, requests, count = pipelines ? 2 : 1] {
            while (true) {
                TestClient client = Connect();
                if (!client.Connected()) return;
                AskUntilClosed(client, requests, count, seen);
            }
        });
    }
    ASSERT_TRUE(Eventually([&] { return seen.answered.load() > 2000; }));
    EXPECT_TRUE(server_->Drain(10s));
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(seen.answered.load(), shared_.handled.load()) << "who was served was answered";
    EXPECT_EQ(seen.torn.load(), 0u);
}

}  // namespace
}  // namespace coupon::http
