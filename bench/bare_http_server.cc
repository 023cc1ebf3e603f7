// The yardstick: the HTTP layer alone. Any POST gets a constant 201 of the size of a claim's
// answer; what the service reaches is quoted as a share of what this reaches in the same run.

#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "apps/process_setup.h"
#include "common/error.h"
#include "common/exit_code.h"
#include "common/limits.h"
#include "common/program_start.h"
#include "http/server.h"

namespace coupon {
namespace {

constexpr std::string_view kClaimAnswer =
    R"({"couponId":1,"userId":1234567,"sequence":123456,"status":"issued",)"
    R"("issuedAt":"2026-01-01T00:00:00.000Z"})";

class ConstantHandler final : public http::Handler {
public:
    http::Handling OnRequest(http::EventLoop& loop, http::ExchangeId id,
                             const http::Request& request) override {
        http::Response response;
        response.status = request.method == http::Method::kPost ? 201 : 405;
        response.content_type = "application/json";
        response.body = response.status == 201 ? kClaimAnswer : std::string_view("{}");
        loop.Respond(id, std::move(response));
        return http::Handling::kAnswered;
    }
    std::string RefusalBody(int status, std::string_view code, std::string_view detail) override {
        return R"({"status":)" + std::to_string(status) + R"(,"code":")" + std::string(code) +
               R"(","detail":")" + std::string(detail) + "\"}";
    }
};

ProgramInfo Program() {
    return {.name = "bare_http_server",
            .version = COUPON_VERSION,
            .description = "Answers a constant to any POST: what the HTTP layer alone can do.",
            .table = {.program = "bare_http_server",
                      .options = {{.key = "server.address",
                                   .default_text = "127.0.0.1",
                                   .help = "Numeric address to listen on"},
                                  {.key = "server.port",
                                   .type = OptionType::kInteger,
                                   .default_text = "8080",
                                   .max = 65'535,
                                   .help = "Port to listen on; 0 takes a free one"},
                                  {.key = "server.threads",
                                   .type = OptionType::kInteger,
                                   .unit = "event loops",
                                   .default_text = "1",
                                   .min = 1,
                                   .max = std::int64_t{limits::kEventLoopsMax},
                                   .help = "Threads that serve connections"}}}};
}

int Serve(const Config& config) {
    http::ServerOptions options;
    options.address = config.GetString("server.address");
    options.port = static_cast<std::uint16_t>(config.GetInteger("server.port"));
    options.threads = static_cast<std::size_t>(config.GetInteger("server.threads"));

    StopSignals signals;  // before any thread: they inherit the mask
    http::Server server(options,
                        [](http::EventLoop&) { return std::make_unique<ConstantHandler>(); });
    if (const auto started = server.Start(); !started) {
        std::cerr << "bare_http_server: " << Describe(started.error()) << "\n";
        return ExitCodeOf(started.error());
    }
    std::cout << "ready port=" << server.Port() << " threads=" << server.LoopCount() << "\n"
              << std::flush;
    signals.Wait();
    server.Drain(std::chrono::seconds(5));
    return kExitOk;
}

}  // namespace
}  // namespace coupon

int main(int argument_count, char** arguments) {
    using namespace coupon;
    const std::span<const char* const> words(arguments, static_cast<std::size_t>(argument_count));
    const auto config =
        StartProgram(Program(), words, CopyEnvironment(environ), std::cout, std::cerr);
    return config ? Serve(*config) : config.error();
}
