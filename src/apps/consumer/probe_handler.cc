#include "apps/consumer/probe_handler.h"

#include <utility>

#include "common/json_text.h"

namespace coupon {
namespace {

constexpr std::string_view kJsonType = "application/json";

struct Answer {
    int status = 200;
    std::string_view type = kJsonType;
    std::string body = {};
};

Answer Readiness(const ProbeSources& sources, bool draining) {
    const auto why = draining ? std::optional<std::string>("draining") : sources.not_ready();
    if (!why) return {.body = JsonObject({{"status", "UP"}})};
    return {.status = 503, .body = JsonObject({{"status", "OUT_OF_SERVICE"}, {"reason", *why}})};
}

Answer AnswerTo(const ProbeSources& sources, const http::Request& request, bool draining) {
    if (request.method != http::Method::kGet && request.method != http::Method::kHead) {
        return {.status = 405, .body = JsonObject({{"error", "GET and HEAD only"}})};
    }
    if (request.path == "/livez") return {.body = JsonObject({{"status", "UP"}})};
    if (request.path == "/readyz" || request.path == "/actuator/health") {
        return Readiness(sources, draining);
    }
    if (request.path == "/actuator/info") return {.body = sources.info};
    if (request.path == "/metrics" || request.path == "/actuator/prometheus") {
        return {.type = MetricsRegistry::kContentType, .body = sources.metrics.Render()};
    }
    return {.status = 404, .body = JsonObject({{"error", "not found"}})};
}

}  // namespace

std::string JsonObject(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
    std::string text;
    for (const auto& [name, value] : members) {
        text += text.empty() ? '{' : ',';
        AppendJsonString(text, name);
        text += ':';
        AppendJsonString(text, value);
    }
    return text + '}';
}

http::Handling ProbeHandler::OnRequest(http::EventLoop& loop, http::ExchangeId id,
                                       const http::Request& request) {
    const Answer answer = AnswerTo(sources_, request, loop.Draining());
    http::Response response;
    response.status = answer.status;
    response.content_type = answer.type;
    response.body = answer.body;
    loop.Respond(id, std::move(response));
    return http::Handling::kAnswered;
}

std::string ProbeHandler::RefusalBody(int, std::string_view code, std::string_view) {
    return JsonObject({{"error", code}});
}

}  // namespace coupon
