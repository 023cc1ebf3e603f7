#include "http/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "http/test_client.h"

namespace coupon::http {
namespace {

using namespace std::chrono_literals;
using testing::Answer;
using testing::TestClient;

/// Answers that are held back until the test lets them go.
class Held {
public:
    void Add(EventLoop& loop, ExchangeId id) {
        const std::lock_guard lock(mutex_);
        held_.push_back({&loop, id});
        changed_.notify_all();
    }
    bool WaitFor(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 10s, [&] { return held_.size() >= count; });
    }
    void AnswerAll() {
        const std::lock_guard lock(mutex_);
        for (const auto& [loop, id] : held_) {
            loop->Post([loop = loop, id = id] {
                Response response;
                response.body = "late";
                loop->Respond(id, std::move(response));
            });
        }
        held_.clear();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::pair<EventLoop*, ExchangeId>> held_;
};

/// `pieces` times `piece`, then the end or a failure. Answers from another thread.
class CountedStream final : public BodyStream {
public:
    CountedStream(std::size_t pieces, std::size_t bytes, bool fails, std::atomic<std::size_t>& asked)
        : pieces_(pieces), bytes_(bytes), fails_(fails), asked_(asked) {}
    void Next(Piece next) override {
        ++asked_;
        const bool over = given_++ == pieces_;
        std::thread([next = std::move(next), over, fails = fails_, bytes = bytes_] {
            next(!(over && fails), over ? std::string() : std::string(bytes, 'x'));
        }).join();
    }

private:
    std::size_t given_ = 0;
    const std::size_t pieces_;
    const std::size_t bytes_;
    const bool fails_;
    std::atomic<std::size_t>& asked_;
};

struct Shared {
    Held held;
    std::atomic<std::size_t> handled{0};
    std::atomic<std::size_t> asked{0};  ///< pieces
};

class TestHandler final : public Handler {
public:
    explicit TestHandler(Shared& shared) : shared_(shared) {}

    Handling OnRequest(EventLoop& loop, ExchangeId id, const Request& request) override {
        ++shared_.handled;
        if (request.path == "/hold") {
            shared_.held.Add(loop, id);
            return Handling::kPending;
        }
        Response response;
        std::string body = std::string(request.path) + "|" + std::string(request.body);
        if (request.path == "/later") {
            loop.Post([&loop, id] { loop.Respond(id, Response{}); });
            return Handling::kPending;
        }
        if (request.path == "/large") {
            body.assign(8 * 1024 * 1024, 'y');
        }
        if (request.path.starts_with("/stream")) {
            const bool fails = request.path == "/stream-fails";
            response.stream = std::make_unique<CountedStream>(
                request.path == "/stream-large" ? 1000 : 3, request.path == "/stream-large" ? 64 * 1024 : 5, fails,
                shared_.asked);
        }
        response.close = request.path == "/close";
        response.body = body;
        loop.Respond(id, std::move(response));
        return Handling::kAnswered;
    }
    std::string RefusalBody(int, std::string_view code, std::string_view) override { return std::string(code); }

private:
    Shared& shared_;
};

class ServerTest : public ::testing::Test {
protected:
    void Start(std::function<void(ServerOptions&)> change = [](ServerOptions&) {}) {
        ServerOptions options;
        options.port = 0;
        options.threads = 2;
        options.sweep_interval = 5ms;
        change(options);
        server_.emplace(options, [this](EventLoop&) { return std::make_unique<TestHandler>(shared_); });
        const auto started = server_->Start();
        ASSERT_TRUE(started) << Describe(started.error());
    }
    TestClient Connect() { return TestClient(server_->Port()); }
    static std::string Get(std::string_view path, std::string_view lines = "") {
        return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
    }
    /// Polls without a fixed sleep; the condition is reached by the server's own threads.
    static bool Eventually(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            std::this_thread::yield();
        }
        return true;
    }
    std::uint64_t Events(TransportEvent event) { return server_->Totals()[event]; }
    /// `request` gets exactly one answer of this status, which says close, and the connection ends.
    void ExpectRefusal(std::string_view request, int status, TransportEvent event) {
        SCOPED_TRACE(std::string(request.substr(0, 200)));
        const std::uint64_t before = Events(event);
        TestClient client = Connect();
        client.Send(request);
        const Answer answer = client.ReadAnswer();
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.body, ToString(event));
        EXPECT_TRUE(answer.Says("Connection: close\r\n"));
        EXPECT_TRUE(client.AtEnd());
        EXPECT_EQ(Events(event), before + 1);
    }

    Shared shared_;
    std::optional<Server> server_;
};

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
        all += Get(i % 7 == 3 ? "/later" : "/p" + std::to_string(i), "X-Padding: " + std::string(200, 'x') + "\r\n");
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
    for (const char c : Get("/slow")) {
        client.Send({&c, 1});
    }
    EXPECT_EQ(client.ReadAnswer().body, "/slow|");
    const std::string body(limits::kBodyBytesMax, 'b');
    client.Send("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
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

TEST_F(ServerTest, ReadsNoFurtherWhenThePipeliningClientDoesNotRead) {
    Start();
    TestClient client(server_->Port(), 4096);
    std::thread writer([&] {
        for (int i = 0; i < 20; ++i) {
            client.Send(Get("/large"));
        }
    });
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client.ReadAnswer().status, 200);
        EXPECT_LE(shared_.handled.load(), static_cast<std::size_t>(i) + 3) << "answers pile up in memory";
    }
    writer.join();
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
    for (const std::string request :
         {"GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
          "GET /close HTTP/1.1\r\nHost: a\r\n\r\n"}) {
        TestClient client = Connect();
        client.Send(request + Get("/second"));
        const Answer answer = client.ReadAnswer();
        EXPECT_EQ(answer.status, 200);
        EXPECT_TRUE(answer.Says("Connection: close\r\n"));
        EXPECT_TRUE(client.AtEnd()) << "no second answer";
    }
}

TEST_F(ServerTest, RefusesOnceAndCloses) {
    Start();
    const std::string more = Get("/smuggled");
    ExpectRefusal("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + more, 501,
                  TransportEvent::kTransferEncoding);
    ExpectRefusal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello" + more, 400,
                  TransportEvent::kMalformedRequest);
    ExpectRefusal("GET / HTTP/2.0\r\nHost: a\r\n\r\n" + more, 505, TransportEvent::kVersionNotSupported);
    ExpectRefusal("GET /" + std::string(3000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n" + more, 414,
                  TransportEvent::kTargetTooLong);
    ExpectRefusal(Get("/", "X: " + std::string(20'000, 'a') + "\r\n") + more, 431, TransportEvent::kHeaderTooLarge);
    ExpectRefusal("POST /v1/coupons/1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" +
                      std::string(5000, 'a') + more,
                  413, TransportEvent::kBodyTooLarge);
    ExpectRefusal(Get("/", "Expect: cake\r\n") + more, 417, TransportEvent::kExpectationFailed);
    EXPECT_EQ(shared_.handled.load(), 0u);
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
    client.Send("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nyo");
    EXPECT_EQ(client.ReadAnswer().body, "/e|yo") << "no 100 when the body is there";
}

TEST_F(ServerTest, Answers408WhenHeaderOrBodyTakesTooLong) {
    Start([](ServerOptions& options) {
        options.header_timeout = 30ms;
        options.body_timeout = 30ms;
    });
    ExpectRefusal("GET / HTTP/1.1\r\nHo", 408, TransportEvent::kHeaderTimeout);
    ExpectRefusal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", 408, TransportEvent::kBodyTimeout);
}

TEST_F(ServerTest, CountsTheHeadersTimeFromItsFirstByteNotItsLast) {
    Start([](ServerOptions& options) { options.header_timeout = 50ms; });
    TestClient client = Connect();
    client.Send("GET / HTTP/1.1\r\nX: ");
    std::thread dripping([&] {
        while (client.Send("a")) {
            std::this_thread::yield();
            if (Events(TransportEvent::kHeaderTimeout) + Events(TransportEvent::kHeaderTooLarge) != 0) {
                return;
            }
        }
    });
    const int status = client.ReadAnswer().status;
    dripping.join();
    EXPECT_TRUE(status == 408 || status == 431) << status;  // 431 when the drip was faster than the time-out
}

TEST_F(ServerTest, ClosesIdleConnectionsWithoutAnAnswer) {
    Start([](ServerOptions& options) { options.idle_timeout = 20ms; });
    TestClient client = Connect();
    client.Send(Get("/x"));
    EXPECT_EQ(client.ReadAnswer().status, 200);
    EXPECT_TRUE(client.AtEnd());
    EXPECT_EQ(Events(TransportEvent::kIdleTimeout), 1u);
}

TEST_F(ServerTest, CutsAClientThatDoesNotRead) {
    Start([](ServerOptions& options) { options.write_timeout = 30ms; });
    TestClient client(server_->Port(), 4096);
    client.Send(Get("/large"));
    EXPECT_TRUE(Eventually([&] { return Events(TransportEvent::kWriteTimeout) == 1; }));
    EXPECT_TRUE(Eventually([&] { return server_->Totals().connections_current == 0; }));
}

TEST_F(ServerTest, AnswersPendingRequestsLater) {
    Start();
    TestClient client = Connect();
    client.Send(Get("/hold") + Get("/next"));
    ASSERT_TRUE(shared_.held.WaitFor(1));
    EXPECT_EQ(server_->Totals().exchanges_in_flight, 1u);
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

TEST_F(ServerTest, RefusesConnectionsBeyondTheLimit) {
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

TEST_F(ServerTest, StreamsInChunksAndServesTheNextRequest) {
    Start();
    TestClient client = Connect();
    client.Send(Get("/stream") + Get("/close"));
    const std::string all = client.ReadToEnd();
    EXPECT_NE(all.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_NE(all.find("\r\n\r\n5\r\nxxxxx\r\n5\r\nxxxxx\r\n5\r\nxxxxx\r\n0\r\n\r\nHTTP/1.1 200"), std::string::npos);
    EXPECT_TRUE(all.ends_with("/close|"));
}

TEST_F(ServerTest, StreamsToHttp10UntilTheEndOfTheConnection) {
    Start();
    TestClient client = Connect();
    client.Send("GET /stream HTTP/1.0\r\n\r\n");
    const std::string all = client.ReadToEnd();
    EXPECT_EQ(all.find("chunked"), std::string::npos);
    EXPECT_TRUE(all.ends_with("\r\n\r\nxxxxxxxxxxxxxxx"));
}

TEST_F(ServerTest, GivesHeadOfAStreamNoBody) {
    Start();
    TestClient client = Connect();
    client.Send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + Get("/x"));
    EXPECT_EQ(client.ReadAnswer(true).status, 200);
    EXPECT_EQ(client.ReadAnswer().body, "/x|");
    EXPECT_EQ(shared_.asked.load(), 0u);
}

TEST_F(ServerTest, CutsTheConnectionWhenAStreamFails) {
    Start();
    for (const std::string version : {"1.1", "1.0"}) {
        TestClient client = Connect();
        client.Send("GET /stream-fails HTTP/" + version + "\r\nHost: a\r\n\r\n");
        const std::string all = client.ReadToEnd();
        EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos);
        EXPECT_TRUE(client.WasReset()) << "must not look like the end of the list";
    }
    EXPECT_EQ(Events(TransportEvent::kStreamFailed), 2u);
}

TEST_F(ServerTest, AsksForThePieceOnlyWhenTheFormerIsWritten) {
    Start();
    TestClient client(server_->Port(), 4096);
    client.Send(Get("/stream-large", "Connection: close\r\n"));
    ASSERT_TRUE(client.ReadMore());
    EXPECT_LT(shared_.asked.load(), 500u) << "64 MB cannot be on their way to a client that reads nothing";
    EXPECT_GT(client.ReadToEnd().size(), 60u * 1024 * 1024);
    EXPECT_EQ(shared_.asked.load(), 1001u);
}

TEST_F(ServerTest, WaitsAndDoesNotSpinWhenDescriptorsRunOut) {
    Start();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(lowest_free) + 1;  // the client gets the last one
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    TestClient client = Connect();
    client.Send(Get("/x"));
    const bool counted = Eventually([&] { return Events(TransportEvent::kAcceptFailed) >= 2; });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(counted);
    EXPECT_EQ(client.ReadAnswer().status, 200) << "what waited is served when there is room again";
}

TEST_F(ServerTest, RunsPostedTasksInOrderFromAnyThread) {
    Start();
    std::vector<int> order;
    std::atomic<bool> done = false;
    for (int i = 0; i < 1000; ++i) {
        server_->Loop(1).Post([&order, i] { order.push_back(i); });
    }
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

TEST_F(ServerTest, DrainClosesIdleConnectionsAndAnswersWhatIsPending) {
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

TEST_F(ServerTest, DrainGivesUpAtItsDeadlineAndSaysSo) {
    Start();
    TestClient pending = Connect();
    pending.Send(Get("/hold"));
    ASSERT_TRUE(shared_.held.WaitFor(1));
    EXPECT_FALSE(server_->Drain(20ms));
    EXPECT_EQ(Events(TransportEvent::kDrainCut), 1u);
}

TEST_F(ServerTest, DrainUnderLoadLosesNoAnswer) {
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
