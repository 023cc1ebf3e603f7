// The yardstick: the HTTP layer alone. Any POST gets a constant 201 of the size of a claim's
// answer; what the service reaches is quoted as a share of what this reaches in the same run.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "common/error.h"
#include "common/exit_code.h"
#include "http/server.h"

namespace {

constexpr std::string_view kClaimAnswer =
    R"({"couponId":1,"userId":1234567,"sequence":123456,"status":"issued","issuedAt":"2026-01-01T00:00:00.000Z"})";

class ConstantHandler final : public coupon::http::Handler {
public:
    coupon::http::Handling OnRequest(coupon::http::EventLoop& loop, coupon::http::ExchangeId id,
                                     const coupon::http::Request& request) override {
        coupon::http::Response response;
        response.status = request.method == coupon::http::Method::kPost ? 201 : 405;
        response.content_type = "application/json";
        response.body = response.status == 201 ? kClaimAnswer : std::string_view("{}");
        loop.Respond(id, std::move(response));
        return coupon::http::Handling::kAnswered;
    }
    std::string RefusalBody(int status, std::string_view code, std::string_view detail) override {
        return R"({"status":)" + std::to_string(status) + R"(,"code":")" + std::string(code) +
               R"(","detail":")" + std::string(detail) + "\"}";
    }
};

}  // namespace

int main(int argc, char** argv) {
    coupon::http::ServerOptions options;
    CLI::App app{"Answers a constant to any POST: what the HTTP layer alone can do."};
    app.add_option("--address", options.address, "Numeric address to listen on")
        ->capture_default_str();
    app.add_option("--port", options.port, "Port; 0 = a free one")->capture_default_str();
    app.add_option("--threads", options.threads, "Event loops")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? coupon::kExitOk : coupon::kExitUsage;
    }

    // Blocked before any thread exists, so that only sigwait sees them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    coupon::http::Server server(
        options, [](coupon::http::EventLoop&) { return std::make_unique<ConstantHandler>(); });
    if (const auto started = server.Start(); !started) {
        std::fprintf(stderr, "%s\n", coupon::Describe(started.error()).c_str());
        return coupon::ExitCodeOf(started.error());
    }
    std::printf("ready port=%u threads=%zu\n", unsigned{server.Port()}, server.LoopCount());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    server.Drain(std::chrono::seconds(5));
    return coupon::kExitOk;
}
