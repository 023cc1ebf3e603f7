#include "admission/redis_lookup.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "admission/redis_accepted.h"
#include "admission/redis_keys.h"
#include "common/limits_distributed.h"
#include "common/parse_number.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_reader.h"

namespace coupon::admission {
namespace {

/// How often a coupon is loaded that is lost again before it could be asked.
constexpr int kAttempts = 3;

CouponView ViewOf(ledger::LedgerCoupon row, std::optional<std::int64_t> admitted) {
    // Redis counts what is on its way, too; never less than the ledger has.
    CouponView view{.coupon = std::move(row.coupon),
                    .issued = std::max(row.issued, admitted.value_or(0)),
                    .remaining = {}};
    if (view.coupon.total_quantity) {
        view.remaining = std::max<std::int64_t>(0, *view.coupon.total_quantity - view.issued);
    }
    return view;
}

ClaimRecord RecordOf(const ledger::IssuanceRow& row) {
    return {.holding = {.coupon_id = row.issuance.coupon_id,
                        .user_id = row.issuance.user_id,
                        .sequence = row.issuance.sequence,
                        .issued_at = row.issuance.issued_at,
                        .redeemed = row.redemption.has_value()},
            .stage = ClaimStage::kIssued,
            .redemption = row.redemption};
}

}  // namespace

Result<std::unique_ptr<RedisLookup>> RedisLookup::Create(const redis::RedisOptions& options,
                                                         ledger::MysqlCoupons& coupons,
                                                         ledger::MysqlReader& reader,
                                                         const RedisLoaderOptions& loader) {
    auto session = redis::RedisSession::Create(options);
    if (!session) return std::unexpected(std::move(session.error()));
    return std::unique_ptr<RedisLookup>(
        new RedisLookup(std::move(*session), coupons, reader, loader));
}

RedisLookup::RedisLookup(std::unique_ptr<redis::RedisSession> session,
                         ledger::MysqlCoupons& coupons, ledger::MysqlReader& reader,
                         const RedisLoaderOptions& loader)
    : session_(std::move(session)),
      coupons_(coupons),
      reader_(reader),
      loader_(*session_, coupons, reader, loader) {}

/// Of each coupon; nullopt: not loaded.
Result<std::vector<std::optional<std::int64_t>>> RedisLookup::Admitted(
    const std::vector<CouponId>& ids) {
    std::vector<redis::RedisCommand> commands;
    commands.reserve(ids.size());
    for (const CouponId id : ids) {
        commands.push_back({"HMGET", RedisKeys(id).policy, "run", "admitted"});
    }
    auto replies = session_->CallAll(std::move(commands), limits::kRedisCallPatience);
    const std::string run = session_->RunId();
    std::vector<std::optional<std::int64_t>> admitted;
    for (const auto& reply : replies) {
        if (!reply) return std::unexpected(reply.error());
        const bool loaded = !run.empty() && (*reply)[0].Text() == run;
        admitted.push_back(loaded ? ParseWhole<std::int64_t>((*reply)[1].Text()) : std::nullopt);
    }
    return admitted;
}

Result<std::optional<CouponView>> RedisLookup::FindCoupon(CouponId id) {
    auto found = coupons_.Find(id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return std::nullopt;
    auto admitted = Admitted({id});
    if (!admitted) return std::unexpected(std::move(admitted.error()));
    return ViewOf(std::move(**found), admitted->front());
}

Result<std::vector<CouponView>> RedisLookup::ListCoupons(CouponId after, std::size_t limit) {
    auto rows = coupons_.List(after, limit);
    if (!rows) return std::unexpected(std::move(rows.error()));
    std::vector<CouponId> ids;
    for (const ledger::LedgerCoupon& row : *rows) ids.push_back(row.coupon.id);
    auto admitted = Admitted(ids);
    if (!admitted) return std::unexpected(std::move(admitted.error()));
    std::vector<CouponView> views;
    views.reserve(rows->size());
    for (std::size_t i = 0; i < rows->size(); ++i) {
        views.push_back(ViewOf(std::move((*rows)[i]), (*admitted)[i]));
    }
    return views;
}

Result<std::optional<Holding>> RedisLookup::FindAdmitted(CouponId id, UserId user) {
    const RedisKeys keys(id);
    const std::string field = std::to_string(user.value);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        // In one transaction: "not there" counts only where the coupon is loaded.
        std::vector<redis::RedisCommand> commands;
        commands.push_back({"MULTI"});
        commands.push_back({"HMGET", keys.policy, "run", "start"});
        commands.push_back({"HGET", keys.users, field});
        commands.push_back({"EXEC"});
        auto replies = session_->CallAll(std::move(commands), limits::kRedisCallPatience);
        const auto& both = replies.back();
        if (!both) return std::unexpected(both.error());
        const redis::RedisReply& policy = (*both)[0];
        const auto start = ParseWhole<std::int64_t>(policy[1].Text());
        if (!policy[0].Text().empty() && policy[0].Text() == session_->RunId() && start) {
            if ((*both)[1].IsNil()) return std::nullopt;
            auto entry = ParseUserEntry((*both)[1].Text());
            if (!entry) return std::unexpected(std::move(entry.error()));
            return Holding{
                .coupon_id = id,
                .user_id = user,
                .sequence = entry->sequence,
                .issued_at = WallTime{std::chrono::milliseconds{*start + entry->offset_ms}}};
        }
        if (auto loaded = loader_.Load(id); !loaded) return std::unexpected(loaded.error());
    }
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .operation = "find a claim",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = true,
                                 .detail = "the coupon does not stay loaded in Redis"});
}

// First the ledger: who is there needs no Redis. Then Redis: who was admitted at any time is there,
// also when the claim came into the ledger in between.
Result<std::optional<ClaimRecord>> RedisLookup::FindClaim(CouponId id, UserId user) {
    auto row = reader_.FindIssuance(id, user);
    if (row && *row) return RecordOf(**row);
    auto admitted = FindAdmitted(id, user);
    const bool holds = admitted && *admitted;
    // While the ledger cannot be asked a yes of Redis is still one; a no is not.
    if (!row && !holds) return std::unexpected(std::move(row.error()));
    if (!admitted) return std::unexpected(std::move(admitted.error()));
    if (!holds) return std::nullopt;
    return ClaimRecord{
        .holding = **admitted, .stage = ClaimStage::kAccepted, .redemption = std::nullopt};
}

Result<std::vector<ClaimRecord>> RedisLookup::HoldingsOf(UserId user) {
    auto rows = reader_.HoldingsOf(user);
    if (!rows) return std::unexpected(std::move(rows.error()));
    std::vector<ClaimRecord> records;
    for (const ledger::IssuanceRow& row : *rows) records.push_back(RecordOf(row));
    return records;
}

Result<std::vector<ledger::IssuanceRow>> RedisLookup::Issuances(CouponId id, Sequence after,
                                                                Sequence last, std::size_t limit) {
    return reader_.Issuances(id, after, last, limit);
}

}  // namespace coupon::admission
