#include "http/api/responder.h"

#include <utility>

namespace coupon::http::api {

Handling Responder::Send(const Call& call, int status, std::string_view content_type,
                         std::string_view body, std::string_view extra_headers) {
    Response response;
    response.status = status;
    response.content_type = content_type;
    response.extra_headers = extra_headers;
    response.body = body;
    response.route = static_cast<std::uint16_t>(call.route);
    loop_.Respond(call.id, std::move(response));
    return Handling::kAnswered;
}

Handling Responder::SendJson(const Call& call, int status, std::string_view body,
                             std::string_view extra_headers) {
    return Send(call, status, kJsonType, body, extra_headers);
}

Handling Responder::SendStream(const Call& call, std::string_view content_type,
                               std::string_view extra_headers, std::unique_ptr<BodyStream> stream) {
    Response response;
    response.content_type = content_type;
    response.extra_headers = extra_headers;
    response.route = static_cast<std::uint16_t>(call.route);
    response.stream = std::move(stream);
    loop_.Respond(call.id, std::move(response));
    return Handling::kAnswered;
}

Handling Responder::SendProblem(const Call& call, Problem problem, const ProblemDetails& details,
                                std::string_view extra_headers) {
    problem_.clear();
    AppendProblem(problem_, problem, details);
    const int status = TypeOf(problem).status;
    if (extra_headers.empty() && status == 503) extra_headers = kRetrySoon;
    return Send(call, status, kProblemType, problem_, extra_headers);
}

Handling Responder::SendError(const Call& call, const Error& error) {
    const bool for_caller = error.code == ErrorCode::kInvalidArgument ||
                            error.code == ErrorCode::kConflict ||
                            error.code == ErrorCode::kNotSupported;
    return SendProblem(call, ProblemOf(error),
                       {.detail = for_caller ? std::string_view(error.detail) : std::string_view(),
                        .field = error.field});
}

}  // namespace coupon::http::api
