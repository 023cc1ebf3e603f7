#include "http/server_test_fixture.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace coupon::http {
namespace {

using namespace std::chrono_literals;

class ServerLimitsTest : public ServerTest {};

TEST_F(ServerLimitsTest, AreThoseOfTheTableWhenNothingElseIsSaid) {
    const ServerOptions options;
    EXPECT_EQ(options.max_connections, std::size_t{limits::kConnectionsDefault});
    EXPECT_EQ(options.header_timeout, limits::kHeaderTimeout);
    EXPECT_EQ(options.body_timeout, limits::kBodyTimeout);
    EXPECT_EQ(options.idle_timeout, limits::kIdleTimeout);
    EXPECT_EQ(options.write_timeout, limits::kWriteTimeout);
    EXPECT_EQ(options.sweep_interval, limits::kSweepInterval);
    EXPECT_EQ(options.linger_timeout, limits::kLingerTimeout);
}

TEST_F(ServerLimitsTest, ReadsNoFurtherWhenThePipeliningClientDoesNotRead) {
    Start();
    TestClient client(server_->Port(), 4096);
    std::thread writer([&] {
        for (int i = 0; i < 20; ++i) client.Send(Get("/large"));
    });
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client.ReadAnswer().status, 200);
        EXPECT_LE(shared_.handled.load(), static_cast<std::size_t>(i) + 3)
            << "answers pile up in memory";
    }
    writer.join();
}

TEST_F(ServerLimitsTest, RefusesOnceAndCloses) {
    Start();
    const std::string more = Get("/smuggled");
    ExpectRefusal(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + more, 501,
        TransportEvent::kTransferEncoding);
    ExpectRefusal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello" + more, 400,
                  TransportEvent::kMalformedRequest);
    ExpectRefusal("GET / HTTP/2.0\r\nHost: a\r\n\r\n" + more, 505,
                  TransportEvent::kVersionNotSupported);
    ExpectRefusal("GET /" + std::string(3000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n" + more, 414,
                  TransportEvent::kTargetTooLong);
    ExpectRefusal(Get("/", "X: " + std::string(20'000, 'a') + "\r\n") + more, 431,
                  TransportEvent::kHeaderTooLarge);
    ExpectRefusal("POST /v1/coupons/1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" +
                      std::string(5000, 'a') + more,
                  413, TransportEvent::kBodyTooLarge);
    ExpectRefusal(Get("/", "Expect: cake\r\n") + more, 417, TransportEvent::kExpectationFailed);
    EXPECT_EQ(shared_.handled.load(), 0u);
}

TEST_F(ServerLimitsTest, Answers408WhenHeaderOrBodyTakesTooLong) {
    Start([](ServerOptions& options) {
        options.header_timeout = 30ms;
        options.body_timeout = 30ms;
    });
    ExpectRefusal("GET / HTTP/1.1\r\nHo", 408, TransportEvent::kHeaderTimeout);
    ExpectRefusal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", 408,
                  TransportEvent::kBodyTimeout);
}

TEST_F(ServerLimitsTest, CountsTheHeadersTimeFromItsFirstByteNotItsLast) {
    Start([](ServerOptions& options) { options.header_timeout = 100ms; });
    TestClient client = Connect();
    client.Send("GET / HTTP/1.1\r\nX: ");
    // Each byte follows well within the time-out, the last of them would long after it.
    constexpr int kBytesMax = 1000;
    int bytes = 0;
    while (bytes < kBytesMax && !client.WaitReadable(5)) {
        client.Send("a");
        ++bytes;
    }
    EXPECT_LT(bytes, kBytesMax);
    EXPECT_EQ(client.ReadAnswer().status, 408);
}

TEST_F(ServerLimitsTest, FiresNoTimeoutBetweenTwoSweeps) {
    static constexpr auto kSweep = 200ms;
    const auto before_the_start = std::chrono::steady_clock::now();
    Start([](ServerOptions& options) {
        options.sweep_interval = kSweep;
        options.header_timeout = 1ms;
    });
    ExpectRefusal("GET / HTTP/1.1\r\nHo", 408, TransportEvent::kHeaderTimeout);
    EXPECT_GE(std::chrono::steady_clock::now() - before_the_start, kSweep);
}

TEST_F(ServerLimitsTest, CutsARefusedClientThatDoesNotLeave) {
    Start([](ServerOptions& options) { options.linger_timeout = 30ms; });
    TestClient client = Connect();
    client.Send("BAD\r\n\r\n");
    EXPECT_EQ(client.ReadAnswer().status, 400);
    EXPECT_TRUE(client.AtEnd());
    EXPECT_TRUE(Eventually([&] { return server_->Totals().connections_current == 0; }));
}

TEST_F(ServerLimitsTest, DropsWhatARefusedClientSendsUntilItsTimeIsOver) {
    Start([](ServerOptions& options) {
        options.linger_timeout = 1h;
        options.idle_timeout = 30ms;
    });
    TestClient client = Connect();
    client.Send("BAD\r\n\r\n");
    EXPECT_EQ(client.ReadAnswer().status, 400);
    EXPECT_TRUE(Connect().AtEnd()) << "an idle one is cut meanwhile";
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.Send(std::string(16 * 1024, 'x')));
    client.Close();
    EXPECT_TRUE(Eventually([&] { return server_->Totals().connections_current == 0; }));
}

TEST_F(ServerLimitsTest, CountsItsRefusalsAmongTheAnswers) {
    Start();
    ExpectRefusal("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, TransportEvent::kVersionNotSupported);
    ExpectRefusal("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, TransportEvent::kMalformedRequest);
    const auto rows = server_->CollectRequestStats();
    ASSERT_EQ(rows.size(), 2u);
    for (const RequestStatsRow& row : rows) EXPECT_EQ(row.count, 1u) << row.status;
    EXPECT_EQ(rows[0].status, 400);
    EXPECT_EQ(rows[1].status, 505);
}

TEST_F(ServerLimitsTest, ClosesIdleConnectionsWithoutAnAnswer) {
    Start([](ServerOptions& options) { options.idle_timeout = 20ms; });
    TestClient client = Connect();
    client.Send(Get("/x"));
    EXPECT_EQ(client.ReadAnswer().status, 200);
    EXPECT_TRUE(client.AtEnd());
    EXPECT_EQ(Events(TransportEvent::kIdleTimeout), 1u);
}

TEST_F(ServerLimitsTest, CutsAClientThatDoesNotRead) {
    Start([](ServerOptions& options) { options.write_timeout = 30ms; });
    TestClient client(server_->Port(), 4096);
    client.Send(Get("/large"));
    EXPECT_TRUE(Eventually([&] { return Events(TransportEvent::kWriteTimeout) == 1; }));
    EXPECT_TRUE(Eventually([&] { return server_->Totals().connections_current == 0; }));
}

TEST_F(ServerLimitsTest, RefusesConnectionsBeyondTheLimit) {
    Start([](ServerOptions& options) { options.max_connections = 2; });
    TestClient first = Connect();
    std::optional<TestClient> second(Connect());
    for (TestClient* client : {&first, &*second}) {
        client->Send(Get("/x"));
        EXPECT_EQ(client->ReadAnswer().status, 200);
    }
    TestClient third = Connect();
    third.Send(Get("/x"));
    const Answer refused = third.ReadAnswer();
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.Says("Retry-After: 1\r\n"));
    EXPECT_TRUE(refused.Says("Connection: close\r\n"));
    EXPECT_TRUE(third.AtEnd());
    EXPECT_EQ(Events(TransportEvent::kTooManyConnections), 1u);
    second.reset();
    EXPECT_TRUE(Eventually([&] { return server_->Totals().connections_current == 1; }));
    TestClient fourth = Connect();
    fourth.Send(Get("/x"));
    EXPECT_EQ(fourth.ReadAnswer().status, 200) << "a place is free again";
}

TEST_F(ServerLimitsTest, TellsOnlySoManyAtATimeThatItIsFull) {
    Start([](ServerOptions& options) {
        options.threads = 1;
        options.max_connections = 1;
        options.linger_timeout = 1h;
    });
    TestClient first = Connect();
    first.Send(Get("/x"));
    ASSERT_EQ(first.ReadAnswer().status, 200);
    std::vector<TestClient> told;
    for (std::size_t i = 0; i < limits::kRefusedConnectionsPerLoopMax; ++i) {
        told.push_back(Connect());
        ASSERT_EQ(told.back().ReadAnswer().status, 503) << i;
    }
    EXPECT_TRUE(Connect().AtEnd()) << "closed without a word";
    EXPECT_EQ(Events(TransportEvent::kTooManyConnections),
              limits::kRefusedConnectionsPerLoopMax + 1);
    told.pop_back();
    EXPECT_TRUE(Eventually([&] { return Connect().ReadAnswer().status == 503; }))
        << "one has gone, one more is told";
}

TEST_F(ServerLimitsTest, LetsAsManyConnectionsWaitAsTheBacklogHolds) {
    Start();
    int kernel_max = 0;
    std::ifstream("/proc/sys/net/core/somaxconn") >> kernel_max;
    for (std::size_t i = 0; i < 2; ++i) {
        tcp_info info{};
        socklen_t bytes = sizeof info;
        ASSERT_EQ(::getsockopt(server_->Loop(i).Listener().native_handle(), IPPROTO_TCP, TCP_INFO,
                               &info, &bytes),
                  0);
        ASSERT_EQ(info.tcpi_state, TCP_LISTEN);
        // Of a socket that listens this is the length of its backlog (ss shows it as Send-Q).
        EXPECT_EQ(info.tcpi_sacked,
                  static_cast<unsigned>(std::min(limits::kBacklogConnections, kernel_max)));
    }
}

TEST_F(ServerLimitsTest, WaitsAndDoesNotSpinWhenDescriptorsRunOut) {
    Start();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(lowest_free) + 1;  // the client gets the last one
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    // Some other thread may hold the last one for a moment.
    std::optional<TestClient> client;
    const bool connected = Eventually([&] { return client.emplace(server_->Port()).Connected(); });
    client->Send(Get("/x"));
    const bool counted =
        connected && Eventually([&] { return Events(TransportEvent::kAcceptFailed) >= 2; });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(connected);
    EXPECT_TRUE(counted);
    EXPECT_EQ(client->ReadAnswer().status, 200) << "what waited is served when there is room again";
}

}  // namespace
}  // namespace coupon::http
