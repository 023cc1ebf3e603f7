#include "admission/ledger_replies.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "admission/engine_rules.h"
#include "admission/redis_backend.h"
#include "common/limits_distributed.h"

namespace coupon::admission {

LedgerReplies::LedgerReplies(boost::asio::io_context& io, RedisBackend& backend,
                             std::chrono::milliseconds timeout, Sink sink)
    : io_(io), backend_(backend), timeout_(timeout), sink_(std::move(sink)) {}

/// A winner who asks again may have been in the ledger for long: it is asked at once, too.
void LedgerReplies::Hold(const UserReply& reply, std::int64_t epoch, MonotonicTime now) {
    const auto ahead =
        std::min<std::chrono::milliseconds>(limits::kLedgerLookUpAhead, timeout_ / 2);
    if (waits_.Add(reply, epoch,
                   {.look_up_at = now + timeout_ - ahead, .deadline = now + timeout_})) {
        Issued({reply});
        return;
    }
    if (reply.outcome == Outcome::kDuplicate) LookUp(reply);
}

void LedgerReplies::OnMessage(std::string_view payload) {
    const auto batch = ParseCommitted(payload);
    if (!batch) return;  // a newer program's: the ledger is asked
    Issued(waits_.OnCommitted(*batch));
}

void LedgerReplies::Sweep(MonotonicTime now) {
    for (const UserReply& reply : waits_.ToLookUp(now)) LookUp(reply);
    Expire(now);
}

void LedgerReplies::Expire(MonotonicTime now) {
    std::vector<UserReply> unknown;
    for (const UserReply& reply : waits_.TakeExpired(now)) {
        UserReply told = reply;
        told.outcome = Outcome::kUnknown;
        told.accepted = false;
        told.sequence = {};
        told.issued_at = {};
        unknown.push_back(told);
    }
    sink_(unknown);
}

/// Where too many look-ups wait, a message or the deadline answers.
void LedgerReplies::LookUp(const UserReply& reply) {
    const std::weak_ptr<const bool> waits = waits_.Waits(reply);
    (void)backend_.FindIssued(
        reply.coupon_id, reply.user_id, waits,
        [this, reply, waits, &io = io_](const Result<std::optional<ledger::IssuanceRow>>& row) {
            boost::asio::post(io, [this, reply, waits, row] {
                if (!waits.expired()) OnRow(reply, row);
            });
        });
}

/// What the ledger does not have may still come.
void LedgerReplies::OnRow(UserReply reply, const Result<std::optional<ledger::IssuanceRow>>& row) {
    if (!row || !*row || (*row)->issuance.sequence != reply.sequence) return;
    if (!waits_.Take(reply)) return;
    reply.redeemed = reply.outcome == Outcome::kDuplicate && (*row)->redemption.has_value();
    Issued({reply});
}

void LedgerReplies::Issued(std::vector<UserReply> replies) {
    for (UserReply& reply : replies) reply.accepted = false;
    sink_(replies);
}

}  // namespace coupon::admission
