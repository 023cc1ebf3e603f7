#include "admission/redis_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "admission/engine_rules.h"
#include "admission/redis_keys.h"
#include "admission/redis_scripts.h"
#include "common/parse_number.h"
#include "ledger/mysql_changes.h"
#include "ledger/mysql_coupons.h"

namespace coupon::admission {
namespace {

bool ConcernsRedis(const CouponEdit& edit) {
    return edit.stock_delta != 0 || edit.state || edit.issue_end;
}

/// Whether it may take away what users could still have got. `before`: the coupon without it.
bool TakesAway(const CouponEdit& edit, const Coupon& before) {
    return edit.stock_delta < 0 || (edit.state && *edit.state != CouponState::kOpen) ||
           (edit.issue_end && *edit.issue_end < before.issue_end);
}

/// A state in which a change cannot be, however often it is tried.
bool IsRefusal(const Error& error) {
    return error.code == ErrorCode::kConflict || error.code == ErrorCode::kInvalidArgument;
}

CouponView ViewOf(const Coupon& coupon, std::int64_t admitted) {
    CouponView view{.coupon = coupon, .issued = admitted, .remaining = {}};
    if (coupon.total_quantity) {
        view.remaining = std::max<std::int64_t>(0, *coupon.total_quantity - admitted);
    }
    return view;
}

/// Begun and not finished: the reconciler does, so nobody may be told that nothing was done.
Error Unfinished(Error error) {
    error.code = ErrorCode::kUnavailable;
    error.applied = Applied::kUnknown;
    return error;
}

Error DoesNotStayLoaded() {
    return ChangeRefused(ErrorCode::kUnavailable, "the coupon does not stay loaded in Redis")
        .error();
}

}  // namespace

RedisChanges::RedisChanges(redis::RedisSession& session, RedisLoader& loader,
                           ledger::MysqlCoupons& coupons, ledger::MysqlChanges& changes,
                           const RedisChangesOptions& options)
    : session_(session), loader_(loader), coupons_(coupons), changes_(changes), options_(options) {}

Result<CouponView> RedisChanges::Apply(const OperatorChange& change, const ChangeOrigin& origin) {
    if (const auto* create = std::get_if<CreateCoupon>(&change)) return Create(*create, origin);
    if (const auto* stock = std::get_if<ChangeStock>(&change)) {
        if (stock->delta == 0) return InvalidArgument("delta", "delta must not be 0");
        return Edit(stock->id, {.stock_delta = stock->delta}, origin);
    }
    const auto& update = std::get<UpdateCoupon>(change);
    return Edit(update.id,
                {.name = update.name, .issue_end = update.issue_end, .state = update.state},
                origin);
}

// When it cannot be loaded now, the first claim does it: the coupon exists all the same.
Result<CouponView> RedisChanges::Create(const CreateCoupon& create, const ChangeOrigin& origin) {
    auto created = coupons_.Create(create.coupon, origin.by);
    if (!created) return std::unexpected(std::move(created.error()));
    (void)loader_.Load(created->coupon.id);
    return ViewOf(created->coupon, 0);
}

Result<CouponView> RedisChanges::Edit(CouponId id, const CouponEdit& edit,
                                      const ChangeOrigin& origin) {
    auto found = coupons_.Find(id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) {
        return ChangeRefused(ErrorCode::kNotFound, fmt::format("there is no coupon {}", id.value));
    }
    auto turn = changes_.TakeTurn(id, options_.turn);
    if (!turn) return std::unexpected(std::move(turn.error()));
    if (auto earlier = FinishUnfinished(*turn); !earlier) {
        earlier.error().applied = Applied::kNo;  // of this change nothing was written down
        return std::unexpected(std::move(earlier.error()));
    }
    auto intent = changes_.Begin(*turn, edit, origin.by, origin.request_id);
    if (!intent) return std::unexpected(std::move(intent.error()));
    if (intent->status == ledger::ChangeStatus::kRefused) {
        return ChangeRefused(ErrorCode::kConflict, intent->reason);
    }
    return Carry(*turn, *intent, Begun::kNow);
}

Result<CouponView> RedisChanges::Carry(ledger::Turn& turn, const ledger::CouponIntent& intent,
                                       Begun begun) {
    auto found = coupons_.Find(intent.coupon);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return ChangeRefused(ErrorCode::kNotFound, "the coupon is gone");
    switch (intent.status) {
        case ledger::ChangeStatus::kLedgerDone:
        case ledger::ChangeStatus::kDone: return FinishInRedis(turn, intent, (*found)->coupon);
        case ledger::ChangeStatus::kRefused:
            return ChangeRefused(ErrorCode::kConflict, intent.reason);
        case ledger::ChangeStatus::kPending: break;
    }
    // What cannot be at all is refused before anything is changed. Redis knows better how many are
    // admitted, and looks again.
    if (auto edited = EditedCoupon((*found)->coupon, (*found)->issued, intent.edit); !edited) {
        return Refuse(turn, intent, std::move(edited.error()));
    }
    return TakesAway(intent.edit, (*found)->coupon) ? CarryToRedisFirst(turn, intent, begun)
                                                    : CarryToLedgerFirst(turn, intent);
}

Result<CouponView> RedisChanges::CarryToLedgerFirst(ledger::Turn& turn,
                                                    const ledger::CouponIntent& intent) {
    auto applied = changes_.ApplyToLedger(turn, intent);
    if (!applied) {
        if (IsRefusal(applied.error())) return Refuse(turn, intent, std::move(applied.error()));
        return std::unexpected(Unfinished(std::move(applied.error())));
    }
    return FinishInRedis(turn, intent, applied->coupon);
}

Result<CouponView> RedisChanges::CarryToRedisFirst(ledger::Turn& turn,
                                                   const ledger::CouponIntent& intent,
                                                   Begun begun) {
    std::optional<std::int64_t> refused_epoch;
    for (int attempt = 0; attempt < limits::kChangeAttempts; ++attempt) {
        auto in_redis = ApplyToRedis(intent);
        if (!in_redis) {
            Error& error = in_redis.error();
            const bool never_applied = begun == Begun::kNow && error.applied == Applied::kNo;
            if (IsRefusal(error) || never_applied) return Refuse(turn, intent, std::move(error));
            return std::unexpected(Unfinished(std::move(error)));
        }
        begun = Begun::kBefore;
        if (in_redis->epoch == refused_epoch) {
            // Not a loader that came in between: it would have replaced this state. The ledger was
            // brought back from a backup, or this Redis was away while another took its place.
            if (auto rebuilt = loader_.Rebuild(intent.coupon); !rebuilt) {
                return std::unexpected(Unfinished(std::move(rebuilt.error())));
            }
            continue;
        }
        auto applied = changes_.ApplyToLedgerInEpoch(turn, intent, in_redis->epoch);
        if (!applied) return TakeLedgersWord(turn, intent, std::move(applied.error()));
        if (*applied) return FinishInRedis(turn, intent, (*applied)->coupon);
        refused_epoch = in_redis->epoch;
    }
    return std::unexpected(Unfinished(DoesNotStayLoaded()));
}

/// Redis has what the ledger did not take.
std::unexpected<Error> RedisChanges::TakeLedgersWord(ledger::Turn& turn,
                                                     const ledger::CouponIntent& intent,
                                                     Error&& why) {
    if (!IsRefusal(why)) return std::unexpected(Unfinished(std::move(why)));
    auto refused = Refuse(turn, intent, std::move(why));
    if (auto rebuilt = loader_.Rebuild(intent.coupon); !rebuilt) {
        return std::unexpected(Unfinished(std::move(rebuilt.error())));
    }
    return refused;
}

/// The ledger has it; Redis may not.
Result<CouponView> RedisChanges::FinishInRedis(ledger::Turn& turn,
                                               const ledger::CouponIntent& intent,
                                               const Coupon& coupon) {
    auto in_redis = ApplyToRedis(intent);
    if (!in_redis && IsRefusal(in_redis.error())) {
        // Redis contradicts the ledger: it is filled anew, with the change.
        auto rebuilt = loader_.Rebuild(intent.coupon);
        if (!rebuilt) return std::unexpected(Unfinished(std::move(rebuilt.error())));
        in_redis = ChangedInRedis{.admitted = rebuilt->admitted, .epoch = rebuilt->epoch};
    }
    if (!in_redis) return std::unexpected(Unfinished(std::move(in_redis.error())));
    if (intent.status != ledger::ChangeStatus::kDone) {
        auto finished = changes_.Finish(turn, intent, ledger::ChangeStatus::kDone, "");
        if (!finished) return std::unexpected(Unfinished(std::move(finished.error())));
    }
    return ViewOf(coupon, in_redis->admitted);
}

Result<RedisChanges::ChangedInRedis> RedisChanges::ApplyToRedis(
    const ledger::CouponIntent& intent) {
    const CouponEdit& edit = intent.edit;
    const RedisKeys keys(intent.coupon);
    const std::string id = fmt::to_string(intent.id);
    const std::string delta = fmt::to_string(edit.stock_delta);
    const std::string state = edit.state ? fmt::to_string(static_cast<int>(*edit.state)) : "";
    const std::string end =
        edit.issue_end ? fmt::to_string(edit.issue_end->time_since_epoch().count()) : "";
    for (int attempt = 0; attempt < limits::kChangeAttempts; ++attempt) {
        if (auto up = session_.WaitUntilUp(options_.call); !up) {
            return std::unexpected(std::move(up.error()));
        }
        const std::string run = session_.RunId();
        const std::array<std::string_view, 1> names = {keys.policy};
        const std::array<std::string_view, 5> words = {run, id, delta, state, end};
        auto reply = session_.Run(Scripts().change, names, words, options_.call);
        if (!reply) return std::unexpected(std::move(reply.error()));
        const std::string_view code = (*reply)[0].Text();
        if (code == "refused") {
            return ChangeRefused(ErrorCode::kConflict, std::string((*reply)[1].Text()));
        }
        if (code == "applied") {
            if (ConcernsRedis(edit)) {
                // A hint only: what is cached ends by itself.
                (void)session_.Call(
                    {"PUBLISH", kChangedChannel, fmt::to_string(intent.coupon.value)},
                    options_.call);
            }
            return ChangedInRedis{
                .admitted = (*reply)[2].Integer().value_or(0),
                .epoch = ParseWhole<std::int64_t>((*reply)[3].Text()).value_or(0)};
        }
        if (auto loaded = loader_.Load(intent.coupon); !loaded) {
            return std::unexpected(std::move(loaded.error()));
        }
    }
    return std::unexpected(DoesNotStayLoaded());
}

/// Nowhere applied. Where that cannot be written down, the reconciler comes to the same end.
std::unexpected<Error> RedisChanges::Refuse(ledger::Turn& turn, const ledger::CouponIntent& intent,
                                            Error&& why) {
    const auto finished =
        changes_.Finish(turn, intent, ledger::ChangeStatus::kRefused, Describe(why));
    if (!finished && !IsRefusal(why)) return std::unexpected(Unfinished(std::move(why)));
    return std::unexpected(std::move(why));
}

Result<std::size_t> RedisChanges::Reconcile() {
    auto coupons = changes_.WithUnfinished();
    if (!coupons) return std::unexpected(std::move(coupons.error()));
    std::size_t finished = 0;
    std::optional<Error> first_error;
    for (const CouponId id : *coupons) {
        auto turn = changes_.TakeTurn(id, options_.turn);
        if (!turn) continue;  // an operator is at work, and finishes it first
        auto of_coupon = FinishUnfinished(*turn);
        // A coupon that cannot be helped now does not hold up the others.
        if (!of_coupon && !first_error) first_error = std::move(of_coupon.error());
        finished += of_coupon.value_or(0);
    }
    if (first_error) return std::unexpected(*std::move(first_error));
    return finished;
}

Result<std::size_t> RedisChanges::FinishUnfinished(ledger::Turn& turn) {
    auto unfinished = changes_.Unfinished(turn);
    if (!unfinished) return std::unexpected(std::move(unfinished.error()));
    for (const ledger::CouponIntent& intent : *unfinished) {
        auto carried = Carry(turn, intent, Begun::kBefore);
        if (!carried && !IsRefusal(carried.error())) return std::unexpected(carried.error());
    }
    return unfinished->size();
}

}  // namespace coupon::admission
