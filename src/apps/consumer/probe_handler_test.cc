#include "apps/consumer/probe_handler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/api/http_metrics.h"
#include "http/api/routes.h"
#include "http/server.h"
#include "http/test_client.h"

namespace coupon {
namespace {

class ProbeHandlerTest : public ::testing::Test {
protected:
    void SetUp() override {
        const auto started = server_.Start();
        ASSERT_TRUE(started) << Describe(started.error());
    }
    http::Answer Ask(std::string_view path, std::string_view method = "GET") {
        http::TestClient client(server_.Port());
        client.Send(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        return client.ReadAnswer();
    }
    std::vector<std::string> CountedUris() {
        std::vector<std::string> uris;
        const auto families =
            http::api::HttpFamilies(server_.CollectRequestStats(), server_.Totals());
        for (const auto& series : families.at(0).metric) {
            for (const auto& label : series.label) {
                if (label.name == "uri") uris.push_back(label.value);
            }
        }
        return uris;
    }

    MetricsRegistry registry_{"test"};
    std::optional<std::string> not_ready_;
    const ProbeSources sources_{.metrics = registry_,
                                .info = [] { return std::string("{}"); },
                                .not_ready = [this] { return not_ready_; }};
    http::Server server_{
        {.port = 0, .max_connections = 10, .route_count = http::api::kRouteCount},
        [this](http::EventLoop&) { return std::make_unique<ProbeHandler>(sources_); }};
};

TEST_F(ProbeHandlerTest, AnswersProbesUnderAllTheirPathsAndNothingElse) {
    not_ready_ = "Redis: gone";
    for (const std::string_view path : {"/livez", "/actuator/health/liveness"}) {
        EXPECT_EQ(Ask(path).status, 200) << path;
    }
    for (const std::string_view path :
         {"/readyz", "/actuator/health", "/actuator/health/readiness"}) {
        const http::Answer answer = Ask(path);
        EXPECT_EQ(answer.status, 503) << path;
        EXPECT_NE(answer.body.find("Redis: gone"), std::string::npos) << answer.body;
    }
    EXPECT_EQ(Ask("/actuator/info").body, "{}");
    EXPECT_EQ(Ask("/metrics").status, 200);
    EXPECT_EQ(Ask("/v1/coupons").status, 404) << "a route of coupon-api";
    EXPECT_EQ(Ask("/livez", "POST").status, 405);
}

TEST_F(ProbeHandlerTest, CountsAnswersUnderTheirRoutes) {
    Ask("/metrics");
    Ask("/v1/coupons");
    // An answer is counted after it has left.
    const std::vector<std::string> both = {"NOT_FOUND", "/metrics"};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (CountedUris() != both && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(CountedUris(), both);
}

}  // namespace
}  // namespace coupon
