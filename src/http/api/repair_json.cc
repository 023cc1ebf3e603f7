#include "http/api/repair_json.h"

#include <fmt/format.h>

#include <iterator>

#include "http/api/json_text.h"

namespace coupon::http::api {

void AppendRebuilt(std::string& out, const RebuiltCoupon& rebuilt) {
    fmt::format_to(std::back_inserter(out),
                   R"({{"couponId":{},"epoch":{},"admitted":{},"queued":{}}})",
                   rebuilt.coupon_id.value, rebuilt.epoch, rebuilt.admitted, rebuilt.queued);
}

void AppendDeadLetter(std::string& out, const ledger::DeadLetter& letter) {
    fmt::format_to(std::back_inserter(out),
                   R"({{"id":{},"couponId":{},"userId":{},"sequence":{},"epoch":{},"issuedAt":)",
                   letter.id, letter.coupon_id.value, letter.user_id.value, letter.sequence.value,
                   letter.epoch);
    AppendJsonTime(out, letter.issued_at);
    fmt::format_to(std::back_inserter(out), R"(,"reason":"{}","detail":)",
                   ledger::ToString(letter.reason));
    AppendJsonString(out, letter.detail);
    fmt::format_to(std::back_inserter(out), R"(,"status":"{}","createdAt":)",
                   ledger::ToString(letter.status));
    AppendJsonTime(out, letter.created_at);
    out += '}';
}

void AppendDeadLetterPage(std::string& out, std::span<const ledger::DeadLetter> letters,
                          std::optional<std::int64_t> next) {
    out += R"({"deadLetters":[)";
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (i != 0) out += ',';
        AppendDeadLetter(out, letters[i]);
    }
    fmt::format_to(std::back_inserter(out), R"(],"next":{}}})",
                   next ? fmt::to_string(*next) : "null");
}

}  // namespace coupon::http::api
