#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "apps/ctl/commands.h"
#include "apps/ctl/render.h"
#include "common/exit_code.h"

namespace coupon::ctl {
namespace {

namespace json = boost::json;

constexpr std::string_view kLetters = "/v1/dead-letters";

std::string LetterPath(std::int64_t letter) { return fmt::format("{}/{}", kLetters, letter); }

}  // namespace

int Rebuild(Session& session, CouponId coupon) {
    return session.Run(
        {.verb = Verb::kPost, .path = fmt::format("/v1/coupons/{}/rebuild", coupon.value)},
        CallKind::kSetting, RenderRebuilt, CallLength::kLong);
}

int ListDeadLetters(Session& session, const DeadLetterFilter& filter) {
    const OrExit<json::object> list =
        FetchPages(session,
                   {.path = std::string(kLetters),
                    .entries = "deadLetters",
                    .filter = filter.status.empty() ? "" : "&status=" + filter.status},
                   filter.range);
    if (!list) return list.error();
    session.Print(*list, RenderDeadLetterList);
    if (list->at("deadLetters").get_array().empty()) session.Say("no dead letters");
    if (const auto next = IntegerOf(*list, "next")) {
        session.Say(fmt::format("there are more: --after {}", *next));
    }
    return kExitOk;
}

int ShowDeadLetter(Session& session, std::int64_t letter) {
    return session.Run({.path = LetterPath(letter)}, CallKind::kRead, RenderDeadLetter);
}

int RetryDeadLetter(Session& session, std::int64_t letter) {
    return session.Run({.verb = Verb::kPost, .path = LetterPath(letter) + "/retry"},
                       CallKind::kSetting, RenderDeadLetter);
}

int DropDeadLetter(Session& session, std::int64_t letter) {
    return session.Run({.verb = Verb::kDelete, .path = LetterPath(letter)}, CallKind::kSetting,
                       RenderDeadLetter);
}

}  // namespace coupon::ctl
