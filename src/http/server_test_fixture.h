#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "http/server.h"
#include "http/test_client.h"
#include "http/test_handler.h"

namespace coupon::http {

/// A server on a free port whose handler answers by path; see TestHandler.
class ServerTest : public ::testing::Test {
protected:
    void Start(std::function<void(ServerOptions&)> change = [](ServerOptions&) {}) {
        ServerOptions options;
        options.port = 0;
        options.threads = 2;
        options.sweep_interval = std::chrono::milliseconds(5);
        change(options);
        server_.emplace(options,
                        [this](EventLoop&) { return std::make_unique<TestHandler>(shared_); });
        const auto started = server_->Start();
        ASSERT_TRUE(started) << Describe(started.error());
    }
    TestClient Connect() { return TestClient(server_->Port()); }
    static std::string Get(std::string_view path, std::string_view lines = "") {
        return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(lines) +
               "\r\n";
    }
    /// Polls without a fixed sleep; the condition is reached by the server's own threads.
    static bool Eventually(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
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

}  // namespace coupon::http
