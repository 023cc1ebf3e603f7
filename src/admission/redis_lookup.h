#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "admission/claim_lookup.h"
#include "admission/redis_loader.h"
#include "common/clock.h"
#include "redis/redis_command.h"
#include "redis/redis_options.h"
#include "redis/redis_reply.h"
#include "redis/redis_session.h"

namespace coupon::ledger {
class MysqlCoupons;
class MysqlReader;
}  // namespace coupon::ledger

namespace coupon::admission {

/// Reads of the distributed form: who was admitted is Redis' word, what is issued and used is the
/// ledger's. A coupon that is not loaded is loaded first, since only then Redis can say no. Where
/// Redis does not answer (limits::kRedisReadPatience), reads that need it fail at once for a while
/// (kRedisReadPause): those who wait behind them wait for nothing. Each object has a connection of
/// its own; confined to one thread at a time but for Interrupt; blocks.
class RedisLookup final : public ClaimLookup {
public:
    /// Has a coupon loaded, on another thread; waits for it only for a short while.
    using LoadFunction = std::function<Result<LoadedCoupon>(CouponId id)>;

    /// Does not connect yet. All must outlive it.
    static Result<std::unique_ptr<RedisLookup>> Create(const redis::RedisOptions& options,
                                                       ledger::MysqlCoupons& coupons,
                                                       ledger::MysqlReader& reader,
                                                       LoadFunction load);

    /// `issued` are the users admitted, where the coupon is loaded; else, and where its keys are
    /// damaged, the ledger's rows.
    Result<std::optional<CouponView>> FindCoupon(CouponId id) override;
    Result<std::vector<CouponView>> ListCoupons(CouponId after, std::size_t limit) override;
    Result<std::optional<ClaimRecord>> FindClaim(CouponId id, UserId user) override;
    Result<std::vector<ClaimRecord>> HoldingsOf(UserId user) override;
    Result<std::vector<ledger::IssuanceRow>> Issuances(CouponId id, Sequence after, Sequence last,
                                                       std::size_t limit) override;

    /// What Redis knows of a user, loading the coupon where it is not loaded. nullopt: not admitted
    /// so far. Errors: RedisLoader::Load.
    Result<std::optional<Holding>> FindAdmitted(CouponId id, UserId user);
    /// As RedisSession::Interrupt.
    void Interrupt() { session_->Interrupt(); }

private:
    RedisLookup(std::unique_ptr<redis::RedisSession> session, ledger::MysqlCoupons& coupons,
                ledger::MysqlReader& reader, LoadFunction load);

    /// One result a command. As one error: Redis does not answer, or did not a moment ago.
    Result<std::vector<Result<redis::RedisReply>>> Ask(std::vector<redis::RedisCommand> commands);
    Result<std::vector<std::optional<std::int64_t>>> Admitted(const std::vector<CouponId>& ids);

    const std::unique_ptr<redis::RedisSession> session_;
    ledger::MysqlCoupons& coupons_;
    ledger::MysqlReader& reader_;
    const LoadFunction load_;
    MonotonicTime paused_until_ = MonotonicTime::min();
};

}  // namespace coupon::admission
