#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "http/api/operator_store.h"
#include "ledger/mysql_dead_letters.h"

/// The bodies of what an operator mends. Every function appends to `out` and may be called from any
/// thread.
namespace coupon::http::api {

/// `{"couponId":7,"epoch":3,"admitted":100,"queued":2}`.
void AppendRebuilt(std::string& out, const RebuiltCoupon& rebuilt);

/// `{"id":1,"couponId":7,"userId":42,"sequence":5,"epoch":2,"issuedAt":"…","reason":"lost_epoch",
/// "detail":"…","status":"open","createdAt":"…"}`.
void AppendDeadLetter(std::string& out, const ledger::DeadLetter& letter);

/// `{"deadLetters":[…],"next":id|null}`; `next` goes into the following call's `after`.
void AppendDeadLetterPage(std::string& out, std::span<const ledger::DeadLetter> letters,
                          std::optional<std::int64_t> next);

}  // namespace coupon::http::api
