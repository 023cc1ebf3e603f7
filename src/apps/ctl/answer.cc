#include "apps/ctl/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "apps/ctl/table.h"
#include "common/exit_code.h"

namespace coupon::ctl {
namespace {

namespace json = boost::json;

/// A 403 or 404 with one of these is the answer "no", not a missing right or a wrong id.
constexpr std::array<std::string_view, 3> kNoCodes = {"not_open", "coupon_paused", "not_claimed"};

bool IsNo(CallKind kind, int status, std::string_view code) {
    if (kind != CallKind::kUserAct) return false;
    if (status == 409 || status == 410) return true;
    return (status == 403 || status == 404) && std::ranges::find(kNoCodes, code) != kNoCodes.end();
}

}  // namespace

std::optional<std::int64_t> IntegerOf(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->as_int64();
}

std::optional<std::string> TextOf(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->as_string());
}

Problem ParseProblem(const HttpAnswer& answer) {
    Problem problem;
    boost::system::error_code error;
    json::value document = json::parse(answer.body, error);
    if (error || !document.is_object()) return problem;
    problem.members = std::move(document.as_object());
    problem.code = TextOf(problem.members, "code").value_or("");
    problem.detail =
        TextOf(problem.members, "detail").value_or(TextOf(problem.members, "title").value_or(""));
    problem.field = TextOf(problem.members, "field").value_or("");
    return problem;
}

int ExitCodeOfAnswer(CallKind kind, const HttpAnswer& answer, const Problem& problem) {
    const int status = answer.status;
    if (status >= 200 && status < 300) return kExitOk;
    if (IsNo(kind, status, problem.code)) return kExitNo;
    if (status == 401 || status == 403) return kExitConfiguration;
    if (status == 408 || status == 429) return kExitUnavailable;
    if (status >= 400 && status < 500) return kExitUsage;
    return kExitUnavailable;
}

std::string DescribeProblem(const HttpAnswer& answer, const Problem& problem) {
    if (problem.code.empty()) {
        return fmt::format("the server answered {} without saying why; is it a coupon service?",
                           answer.status);
    }
    std::string line = problem.code;
    if (!problem.detail.empty()) line += ": " + problem.detail;
    if (!problem.field.empty()) line += fmt::format(" [{}]", problem.field);
    line += fmt::format(" ({})", answer.status);
    if (const auto opens_at = TextOf(problem.members, "opensAt")) line += "; opens at " + *opens_at;
    if (!answer.retry_after.empty()) line += fmt::format("; try again in {} s", answer.retry_after);
    return Printable(line);
}

std::string_view UnknownAdvice(CallKind kind) {
    switch (kind) {
        case CallKind::kRead: return "";
        case CallKind::kUserAct:
            return "the outcome is unknown, ask again: "
                   "the same command tells the truth and never counts twice";
        case CallKind::kSetting:
            return "it is unknown whether the change was made: "
                   "look with `couponctl show`, or repeat the command, which is safe";
        case CallKind::kAddition:
            return "it is unknown whether it was done: "
                   "look (`couponctl list`, `couponctl show`, the backup folder) "
                   "before you repeat the command";
    }
    return "";
}

}  // namespace coupon::ctl
