#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "admission/embedded_admission.h"
#include "common/log.h"
#include "common/metrics_registry.h"
#include "http/api/api_handler.h"
#include "http/api/embedded_query_store.h"
#include "http/api/http_metrics.h"
#include "http/server.h"
#include "http/test_client.h"
#include "tests/support/quoted.h"
#include "tests/support/temporary_folder.h"

namespace coupon::http::api {

inline constexpr std::string_view kOperatorToken = "operator-token-of-forty-characters-00001";
inline constexpr std::string_view kServiceToken = "service-token-of-forty-characters-000001";

/// The API over the real server, the real embedded admission and a store in a folder of its own.
class ApiFixture : public ::testing::Test {
protected:
    struct Reply {
        int status;
        std::string header;
        std::string text;
        boost::json::object json;

        std::string Code() const { return std::string(json.at("code").as_string()); }
    };

    void Start(bool with_tokens) {
        auto opened = admission::EmbeddedAdmission::Open(
            {.ledger = {.data_dir = folder_.Path(), .vfs = {}}}, clock_);
        ASSERT_TRUE(opened) << opened.error().detail;
        admission_ = *std::move(opened);
        memory_.emplace(admission_->Reader());
        queries_ = QueryPool::Open([this] { return OpenStore(); }).value();
        const auto token = [&](std::string_view text) -> std::optional<Secret> {
            if (!with_tokens) return std::nullopt;
            return Secret::FromText(text, "token").value();
        };
        authorizer_ = std::make_unique<Authorizer>(
            Tokens{.operator_token = token(kOperatorToken), .service_token = token(kServiceToken)});
        metrics_ = std::make_unique<ApiMetrics>("0.1.0", admission_->Level());
        context_ =
            std::make_unique<ApiContext>(ApiContext{.admission = Admission(),
                                                    .queries = *queries_,
                                                    .clock = clock_,
                                                    .log = log_,
                                                    .authorizer = *authorizer_,
                                                    .metrics = registry_,
                                                    .api_metrics = *metrics_,
                                                    .info = Info(),
                                                    .memory = Memory(),
                                                    .not_ready = [this] { return NotReady(); }});
        server_ = std::make_unique<Server>(ServerOptions{.port = 0, .route_count = kRouteCount},
                                           MakeHandlerFactory(*context_));
        http_metrics_ = std::make_unique<HttpMetrics>(*server_);
        registry_.Register(*metrics_);
        registry_.Register(*http_metrics_);
        ASSERT_TRUE(server_->Start());
    }

    // What a mode other than the embedded one replaces.
    virtual admission::Admission& Admission() { return *admission_; }
    virtual ServiceInfo Info() const { return {.version = "0.1.0"}; }
    virtual const admission::MemoryLookup* Memory() const { return &*memory_; }
    virtual Result<std::unique_ptr<QueryStore>> OpenStore() {
        return EmbeddedQueryStore::Open(admission_->DatabasePath(), folder_.Path(),
                                        admission_->Reader());
    }

    void TearDown() override {
        if (server_ == nullptr) return;
        EXPECT_TRUE(server_->Drain(std::chrono::seconds(10)));
        EXPECT_TRUE(admission_->Drain(std::chrono::seconds(10)));
        queries_->Stop();
        server_.reset();
    }

    /// One exchange on a connection of its own. `headers` are whole lines; a body is JSON unless
    /// they say otherwise.
    Reply Ask(std::string_view method, std::string_view path, std::string body = "",
              std::string headers = "") {
        body = support::Quoted(std::move(body));
        if (!body.empty() && headers.find("Content-Type") == std::string::npos) {
            headers += "Content-Type: application/json\r\n";
        }
        TestClient client(server_->Port());
        client.Send(fmt::format("{} {} HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n{}",
                                method, path, headers, body.size(), body));
        Answer answer = client.ReadAnswer(method == "HEAD");
        Reply reply{answer.status, answer.header, answer.body, {}};
        if (answer.Says("Content-Type: application/json") ||
            answer.Says("Content-Type: application/problem+json")) {
            if (!answer.body.empty()) reply.json = boost::json::parse(answer.body).as_object();
        }
        return reply;
    }

    /// A whole streamed answer, chunks and all.
    std::string AskStream(std::string_view path) {
        TestClient client(server_->Port());
        client.Send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path));
        return client.ReadToEnd();
    }

    /// A coupon whose window is open; `more` is further members, each beginning with a comma.
    std::int64_t Create(std::int64_t total, const std::string& more = "",
                        std::string_view start = "2020-01-01T00:00:00Z",
                        std::string_view end = "2099-01-01T00:00:00Z") {
        const Reply reply =
            Ask("POST", "/v1/coupons",
                fmt::format(
                    "{{'name':'Test','totalQuantity':{},'discountPrice':1000,'minimumPrice':5000,"
                    "'issueStartDate':'{}','issueEndDate':'{}'{}}}",
                    total, start, end, more));
        EXPECT_EQ(reply.status, 201) << reply.text;
        return reply.status == 201 ? reply.json.at("id").as_int64() : 0;
    }
    Reply Claim(std::int64_t coupon, std::int64_t user) {
        return Ask("POST", fmt::format("/v1/coupons/{}/claims", coupon),
                   fmt::format("{{'userId':{}}}", user));
    }
    Reply SeedClaim(std::int64_t coupon, std::int64_t user, std::string_view route = "async") {
        return Ask("POST", fmt::format("/coupons/issue/{}", route),
                   fmt::format("{{'userId':{},'couponId':{}}}", user, coupon));
    }

    std::optional<std::string> NotReady() const {
        return rehearsing_ ? std::optional<std::string>("rehearsing") : std::nullopt;
    }

    std::atomic<bool> rehearsing_{false};
    support::TemporaryFolder folder_;
    const SystemClock clock_;
    std::ostringstream log_text_;
    const Logger log_{{.application = "test"}, clock_, log_text_};
    MetricsRegistry registry_{"coupon-api"};
    std::unique_ptr<admission::EmbeddedAdmission> admission_;
    std::optional<admission::MemoryLookup> memory_;
    std::unique_ptr<QueryPool> queries_;
    std::unique_ptr<Authorizer> authorizer_;
    std::unique_ptr<ApiMetrics> metrics_;
    std::unique_ptr<ApiContext> context_;
    std::unique_ptr<HttpMetrics> http_metrics_;
    std::unique_ptr<Server> server_;
};

}  // namespace coupon::http::api
