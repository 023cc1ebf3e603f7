#include "apps/ctl/session.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>
#include <utility>

#include "apps/ctl/render.h"
#include "apps/ctl/table.h"
#include "apps/ctl/token_file.h"
#include "common/exit_code.h"
#include "common/limits.h"
#include "common/time_format.h"

namespace coupon::ctl {
namespace {

namespace json = boost::json;

/// The member of GET /v1/time.
constexpr std::string_view kTimeMember = "time";

void WriteMessage(Console console, std::string_view message) {
    console.error << "couponctl: " << Printable(message) << '\n';
}

}  // namespace

int ReportError(Console console, const Error& error) {
    // Details written for the configuration begin with their key already.
    const bool named = error.field.empty() || error.detail.starts_with(error.field);
    WriteMessage(console, named ? error.detail : fmt::format("{}: {}", error.field, error.detail));
    return ExitCodeOf(error);
}

void PrintData(Console console, bool as_json, const json::value& value, const Renderer& render) {
    if (as_json) {
        console.out << json::serialize(value) << '\n';
    } else {
        console.out << render(value);
    }
}

OrExit<Session> Session::Open(const GlobalOptions& options, Console console) {
    Result<Url> url = ParseUrl(options.url);
    if (!url) return std::unexpected(ReportError(console, url.error()));
    std::string token;
    if (!options.token_file.empty()) {
        Result<std::string> read = ReadTokenFile(options.token_file);
        if (!read) return std::unexpected(ReportError(console, read.error()));
        token = std::move(*read);
    }
    return Session(options, HttpClient(std::move(*url), std::move(token)), console);
}

Session::Session(const GlobalOptions& options, HttpClient client, Console console)
    : client_(std::move(client)),
      as_json_(options.json),
      timeout_(options.timeout),
      console_(console) {}

int Session::Lost(const Error& error, CallKind kind) {
    const int code = ReportError(console_, error);
    const std::string_view advice = UnknownAdvice(kind);
    if (error.applied == Applied::kUnknown && !advice.empty()) Say(advice);
    return code;
}

int Session::Refused(const HttpAnswer& answer, CallKind kind) {
    const Problem problem = ParseProblem(answer);
    if (as_json_ && !problem.code.empty()) Print(problem.members, {});
    Say(DescribeProblem(answer, problem));
    if (const boost::json::value* claim = problem.members.if_contains("claim");
        claim && !as_json_) {
        console_.out << RenderClaim(*claim);
    }
    const std::string_view advice = UnknownAdvice(kind);
    if (problem.code == "unknown" && !advice.empty()) Say(advice);
    if (answer.status == 401) Say("an operator's call needs the token: --token-file FILE");
    return ExitCodeOfAnswer(kind, answer, problem);
}

OrExit<json::value> Session::Fetch(const HttpRequest& request, CallKind kind, CallLength length) {
    const std::chrono::milliseconds usual =
        length == CallLength::kLong ? std::chrono::milliseconds{limits::kLongCallTimeoutDefault}
                                    : limits::kCallTimeoutDefault;
    const Result<HttpAnswer> answer = client_.Send(request, timeout_.value_or(usual));
    if (!answer) return std::unexpected(Lost(answer.error(), kind));
    if (answer->status < 200 || answer->status >= 300) {
        return std::unexpected(Refused(*answer, kind));
    }
    if (answer->body.empty()) return json::value(nullptr);
    boost::system::error_code error;
    json::value value = json::parse(answer->body, error);
    if (error) {
        Say(fmt::format("{} answered {} with something that is not JSON; is it a coupon service?",
                        client_.Target().ToString(), answer->status));
        return std::unexpected(kExitUnavailable);
    }
    return value;
}

int Session::Run(const HttpRequest& request, CallKind kind, const Renderer& render,
                 CallLength length) {
    const OrExit<json::value> value = Fetch(request, kind, length);
    if (!value) return value.error();
    Print(*value, render);
    return kExitOk;
}

OrExit<void> Session::Stream(const HttpRequest& request, const BodySink& sink) {
    const Result<HttpAnswer> answer =
        client_.Send(request, timeout_.value_or(limits::kCallTimeoutDefault), sink);
    if (!answer) return std::unexpected(Lost(answer.error(), CallKind::kRead));
    if (answer->status != 200) return std::unexpected(Refused(*answer, CallKind::kRead));
    return {};
}

OrExit<WallTime> Session::ServerTime() {
    const OrExit<json::value> answer =
        Fetch({.verb = Verb::kGet, .path = "/v1/time"}, CallKind::kRead);
    if (!answer) return std::unexpected(answer.error());
    std::optional<std::string> text;
    if (answer->is_object()) text = TextOf(answer->get_object(), kTimeMember);
    const std::optional<WallTime> now = text ? ParseRfc3339(*text) : std::nullopt;
    if (!now) {
        Say("the server did not tell its time: give absolute times instead of \"now\" and \"+1h\"");
        return std::unexpected(kExitUnavailable);
    }
    return *now;
}

void Session::Print(const json::value& value, const Renderer& render) {
    PrintData(console_, as_json_, value, render);
}

void Session::Say(std::string_view message) { WriteMessage(console_, message); }

}  // namespace coupon::ctl
