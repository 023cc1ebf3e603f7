#include "http/api/service_routes.h"

#include <fmt/format.h>

#include <iterator>

#include "http/api/json_text.h"
#include "http/api/openapi_document.h"

namespace coupon::http::api {
namespace {

constexpr std::string_view kUp = R"({"status":"UP"})";

void AppendMember(std::string& out, std::string_view name, std::string_view text) {
    out += out.empty() ? '{' : ',';
    AppendJsonString(out, name);
    out += ':';
    AppendJsonString(out, text);
}

}  // namespace

ServiceRoutes::ServiceRoutes(const ApiContext& context, Responder& responder)
    : context_(context), responder_(responder) {
    const ServiceInfo& info = context.info;
    AppendMember(info_, "application", info.application);
    AppendMember(info_, "version", info.version);
    AppendMember(info_, "mode", info.mode);
    AppendMember(info_, "store", info.store);
    AppendMember(info_, "ackLevel", admission::ToString(info.ack_level));
    AppendMember(info_, "replyAfter", info.reply_after);
    info_ += '}';
    AppendMember(index_, "service", info.application);
    AppendMember(index_, "version", info.version);
    AppendMember(index_, "description", "/openapi.yaml");
    AppendMember(index_, "coupons", "/v1/coupons");
    AppendMember(index_, "time", "/v1/time");
    AppendMember(index_, "health", "/actuator/health");
    AppendMember(index_, "info", "/actuator/info");
    AppendMember(index_, "metrics", "/metrics");
    index_ += '}';
}

Handling ServiceRoutes::Index(const Call& call) { return responder_.SendJson(call, 200, index_); }

Handling ServiceRoutes::Time(const Call& call) {
    const WallTime now = context_.clock.WallNow();
    std::string& body = responder_.Buffer();
    body += R"({"time":)";
    AppendJsonTime(body, now);
    fmt::format_to(std::back_inserter(body), R"(,"epochMilliseconds":{}}})",
                   now.time_since_epoch().count());
    return responder_.SendJson(call, 200, body);
}

Handling ServiceRoutes::Liveness(const Call& call) { return responder_.SendJson(call, 200, kUp); }

std::optional<std::string> ServiceRoutes::NotReady() const {
    if (responder_.Loop().Draining()) return "draining";
    if (auto why = context_.admission.Reader().Unavailable()) return why;
    return context_.not_ready ? context_.not_ready() : std::nullopt;
}

Handling ServiceRoutes::Readiness(const Call& call) {
    const auto why = NotReady();
    if (!why) return responder_.SendJson(call, 200, kUp);
    std::string& body = responder_.Buffer();
    AppendMember(body, "status", "OUT_OF_SERVICE");
    AppendMember(body, "reason", *why);
    body += '}';
    return responder_.SendJson(call, 503, body);
}

Handling ServiceRoutes::Info(const Call& call) { return responder_.SendJson(call, 200, info_); }

Handling ServiceRoutes::Metrics(const Call& call) {
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kShort,
        [&context = context_](QueryStore& store) {
            context.api_metrics.ReadStock(store.Lookup());
            return context.metrics.Render();
        },
        [this, call](const std::string& text) {
            responder_.Send(call, 200, MetricsRegistry::kContentType, text);
        });
}

Handling ServiceRoutes::OpenApi(const Call& call) {
    return responder_.Send(call, 200, "application/yaml", OpenApiDocument());
}

}  // namespace coupon::http::api
