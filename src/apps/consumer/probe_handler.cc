#include "apps/consumer/probe_handler.h"

#include <cstdint>
#include <utility>

#include "common/json_text.h"
#include "http/api/routes.h"

namespace coupon {
namespace {

using http::api::RouteId;

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

Answer AnswerTo(const ProbeSources& sources, RouteId route, bool draining) {
    switch (route) {
        case RouteId::kLivez:
        case RouteId::kLiveness: return {.body = JsonObject({{"status", "UP"}})};
        case RouteId::kReadyz:
        case RouteId::kReadiness:
        case RouteId::kHealth: return Readiness(sources, draining);
        case RouteId::kInfo: return {.body = sources.info()};
        case RouteId::kMetrics:
        case RouteId::kPrometheus:
            return {.type = MetricsRegistry::kContentType, .body = sources.metrics.Render()};
        default: return {.status = 404, .body = JsonObject({{"error", "not found"}})};
    }
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
    http::Response response;
    Answer answer;
    if (request.method != http::Method::kGet && request.method != http::Method::kHead) {
        answer = {.status = 405, .body = JsonObject({{"error", "GET and HEAD only"}})};
    } else {
        const RouteId route = http::api::FindRoute(request.method, request.path).id;
        answer = AnswerTo(sources_, route, loop.Draining());
        if (answer.status != 404) response.route = static_cast<std::uint16_t>(route);
    }
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
