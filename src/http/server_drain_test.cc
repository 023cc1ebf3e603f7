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
using testing::Answer;
using testing::ServerTest;
using testing::TestClient;

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
    std::atomic<std::size_t> answered{0};
    std::atomic<std::size_t> torn{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&, i] {
            for (;;) {
                TestClient client = Connect();
                if (!client.Connected()) {
                    return;
                }
                bool open = true;
                while (open && client.Send(i % 2 == 0 ? Get("/x") + Get("/y") : Get("/later"))) {
                    for (int k = i % 2; k < 2 && open; ++k) {
                        const Answer answer = client.ReadAnswer();
                        answered += answer.status == 200;
                        torn += answer.status == 0 && !answer.header.empty();
                        open = answer.status == 200 && !answer.Says("Connection: close");
                    }
                }
            }
        });
    }
    ASSERT_TRUE(Eventually([&] { return answered.load() > 2000; }));
    EXPECT_TRUE(server_->Drain(10s));
    for (std::thread& client : clients) {
        client.join();
    }
    EXPECT_EQ(answered.load(), shared_.handled.load()) << "who was served was answered";
    EXPECT_EQ(torn.load(), 0u);
}

}  // namespace
}  // namespace coupon::http
