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

TEST_F(ServerTest, KeepsTheConnectionForTheNextRequest) {
    Start();
    TestClient client = Connect();
    for (int i = 0; i < 3; ++i) {
        client.Send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        const Answer answer = client.ReadAnswer();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "/a|hi");
        EXPECT_FALSE(answer.Says("Connection: close"));
    }
    EXPECT_EQ(Events(TransportEvent::kConnectionsAccepted), 1u);
    const auto rows = server_->CollectRequestStats();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].status, 200);
}

TEST_F(ServerTest, AnswersFiftyPipelinedRequestsInOrder) {
    Start();
    TestClient client = Connect();
    std::string all;
    for (int i = 0; i < 50; ++i) {
        all += Get(i % 7 == 3 ? "/later" : "/p" + std::to_string(i),
                   "X-Padding: " + std::string(200, 'x') + "\r\n");
    }
    client.Send(all);
    for (int i = 0; i < 50; ++i) {
        const Answer answer = client.ReadAnswer();
        ASSERT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, i % 7 == 3 ? "" : "/p" + std::to_string(i) + "|");
    }
}

TEST_F(ServerTest, TakesARequestByteByByteAndLargeBodies) {
    Start();
    TestClient client = Connect();
    for (const char c : Get("/slow")) client.Send({&c, 1});
    EXPECT_EQ(client.ReadAnswer().body, "/slow|");
    const std::string body(limits::kBodyBytesMax, 'b');
    client.Send("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    EXPECT_EQ(client.ReadAnswer().body, "/big|" + body);
    client.Send(Get("/after"));
    EXPECT_EQ(client.ReadAnswer().body, "/after|");
}

TEST_F(ServerTest, WritesAnswersLargerThanTheSocketsBuffer) {
    Start();
    TestClient client(server_->Port(), 4096);
    client.Send(Get("/large") + Get("/after"));
    EXPECT_EQ(client.ReadAnswer().body.size(), 8u * 1024 * 1024);
    EXPECT_EQ(client.ReadAnswer().body, "/after|");
}

TEST_F(ServerTest, GivesHeadTheLengthOfGetAndNoBody) {
    Start();
    TestClient client = Connect();
    client.Send("HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n" + Get("/g"));
    const Answer head = client.ReadAnswer(true);
    EXPECT_TRUE(head.Says("Content-Length: 3\r\n"));
    EXPECT_EQ(client.ReadAnswer().body, "/g|");
}

TEST_F(ServerTest, ClosesAfterHttp10AndAfterConnectionClose) {
    Start();
    for (const std::string request : {"GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                                      "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                                      "GET /close HTTP/1.1\r\nHost: a\r\n\r\n"}) {
        TestClient client = Connect();
        client.Send(request + Get("/second"));
        const Answer answer = client.ReadAnswer();
        EXPECT_EQ(answer.status, 200);
        EXPECT_TRUE(answer.Says("Connection: close\r\n"));
        EXPECT_TRUE(client.AtEnd()) << "no second answer";
    }
}

TEST_F(ServerTest, AnswersWhatCameBeforeTheRefusedRequest) {
    Start();
    TestClient client = Connect();
    client.Send(Get("/good") + "BAD\r\n\r\n" + Get("/never"));
    EXPECT_EQ(client.ReadAnswer().body, "/good|");
    EXPECT_EQ(client.ReadAnswer().status, 400);
    EXPECT_TRUE(client.AtEnd());
}

TEST_F(ServerTest, SendsContinueWhenTheClientWaitsForIt) {
    Start();
    TestClient client = Connect();
    client.Send("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.ReadAnswer().status, 100);
    client.Send("hi");
    EXPECT_EQ(client.ReadAnswer().body, "/e|hi");
    client.Send(
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nyo");
    EXPECT_EQ(client.ReadAnswer().body, "/e|yo") << "no 100 when the body is there";
}

TEST_F(ServerTest, AnswersPendingRequestsLater) {
    Start();
    TestClient client = Connect();
    client.Send(Get("/hold") + Get("/next"));
    ASSERT_TRUE(shared_.held.WaitFor(1));
    EXPECT_TRUE(Eventually([&] { return server_->Totals().exchanges_in_flight == 1; }));
    EXPECT_EQ(shared_.handled.load(), 1u) << "nothing is read on while one is pending";
    shared_.held.AnswerAll();
    EXPECT_EQ(client.ReadAnswer().body, "late");
    EXPECT_EQ(client.ReadAnswer().body, "/next|");
    EXPECT_EQ(server_->Totals().exchanges_in_flight, 0u);
}

TEST_F(ServerTest, BearsAClientThatLeavesWhilePending) {
    Start();
    for (int i = 0; i < 20; ++i) {
        TestClient client = Connect();
        client.Send(Get("/hold"));
    }
    ASSERT_TRUE(shared_.held.WaitFor(20));
    TestClient other = Connect();
    other.Send(Get("/x"));
    EXPECT_EQ(other.ReadAnswer().status, 200);
    shared_.held.AnswerAll();
    EXPECT_TRUE(Eventually([&] { return server_->Totals().exchanges_in_flight == 0; }));
    EXPECT_TRUE(Eventually([&] { return server_->Totals().connections_current == 1; }));
}

TEST_F(ServerTest, RunsPostedTasksInOrderFromAnyThread) {
    Start();
    std::vector<int> order;
    std::atomic<bool> done = false;
    for (int i = 0; i < 1000; ++i) server_->Loop(1).Post([&order, i] { order.push_back(i); });
    server_->Loop(1).Post([&] { done = true; });
    ASSERT_TRUE(Eventually([&] { return done.load(); }));
    EXPECT_EQ(order.size(), 1000u);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(ServerTest, RefusesToStartOnAPortInUseOrABadAddress) {
    Start();
    ServerOptions options;
    options.port = server_->Port();
    Server second(options, [this](EventLoop&) { return std::make_unique<TestHandler>(shared_); });
    const auto started = second.Start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kCannotCreate);
    options.address = "nowhere";
    Server third(options, [this](EventLoop&) { return std::make_unique<TestHandler>(shared_); });
    EXPECT_EQ(third.Start().error().code, ErrorCode::kConfiguration);
}

}  // namespace
}  // namespace coupon::http
