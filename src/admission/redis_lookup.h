#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "admission/claim_lookup.h"
#include "admission/redis_loader.h"
#include "redis/redis_options.h"
#include "redis/redis_session.h"

namespace coupon::ledger {
class MysqlCoupons;
class MysqlReader;
}  // namespace coupon::ledger

namespace coupon::admission {

/// Reads of the distributed form: who was admitted is Redis' word, what is issued and used is the
/// ledger's. A coupon that is not loaded is loaded first, since only then Redis can say no. Each
/// object has a connection of its own; confined to one thread at a time; blocks.
class RedisLookup final : public ClaimLookup {
public:
    /// Does not connect yet. Both must outlive it.
    static Result<std::unique_ptr<RedisLookup>> Create(const redis::RedisOptions& options,
                                                       ledger::MysqlCoupons& coupons,
                                                       ledger::MysqlReader& reader,
                                                       const RedisLoaderOptions& loader = {});

    /// `issued` are the users admitted, where the coupon is loaded; else the ledger's rows.
    Result<std::optional<CouponView>> FindCoupon(CouponId id) override;
    Result<std::vector<CouponView>> ListCoupons(CouponId after, std::size_t limit) override;
    Result<std::optional<ClaimRecord>> FindClaim(CouponId id, UserId user) override;
    Result<std::vector<ClaimRecord>> HoldingsOf(UserId user) override;
    Result<std::vector<ledger::IssuanceRow>> Issuances(CouponId id, Sequence after, Sequence last,
                                                       std::size_t limit) override;

    /// What Redis knows of a user, loading the coupon where it is not loaded. nullopt: not admitted
    /// so far. Errors: RedisLoader::Load.
    Result<std::optional<Holding>> FindAdmitted(CouponId id, UserId user);

private:
    RedisLookup(std::unique_ptr<redis::RedisSession> session, ledger::MysqlCoupons& coupons,
                ledger::MysqlReader& reader, const RedisLoaderOptions& loader);

    Result<std::vector<std::optional<std::int64_t>>> Admitted(const std::vector<CouponId>& ids);

    const std::unique_ptr<redis::RedisSession> session_;
    ledger::MysqlCoupons& coupons_;
    ledger::MysqlReader& reader_;
    RedisLoader loader_;
};

}  // namespace coupon::admission
