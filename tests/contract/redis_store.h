#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "admission/redis_admission.h"
#include "admission/redis_lookup.h"
#include "common/clock.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_reader.h"
#include "tests/contract/admission_driver.h"
#include "tests/support/redis_server.h"

namespace coupon::contract {

/// RedisAdmission over a real Redis and a real database. Redis' clock cannot be set: instead, all
/// windows and stamps are moved. Opened again, it has a Redis that forgot everything.
class RedisStore final : public AdmissionStore, private admission::HolderReader {
public:
    RedisStore();
    ~RedisStore() override;

    std::unique_ptr<admission::Admission> Open() override;
    void SetNow(WallTime now) override;
    void Settle() override;
    const admission::HolderReader& Reader() override { return *this; }

private:
    std::optional<admission::CouponView> FindCoupon(CouponId id) const override;
    std::vector<admission::CouponView> ListCoupons(CouponId after,
                                                   std::size_t limit) const override;
    std::optional<admission::Holding> FindHolding(CouponId id, UserId user) const override;
    std::vector<admission::Holding> HoldingsOf(UserId user) const override;
    std::optional<std::string> Unavailable() const override { return std::nullopt; }

    void SettleCoupon(CouponId id);
    std::vector<CouponId> Coupons() const;

    support::RedisServer redis_;
    ledger::MysqlOptions database_;
    std::unique_ptr<ledger::MysqlPool> pool_;
    std::unique_ptr<ledger::MysqlCoupons> coupons_;
    std::unique_ptr<ledger::MysqlReader> reader_;
    redis::RedisOptions redis_options_;
    std::unique_ptr<redis::RedisSession> session_;
    std::unique_ptr<admission::RedisLookup> lookup_;
    SystemClock clock_;
    admission::RedisAdmission* admission_ = nullptr;  ///< the last one opened
};

}  // namespace coupon::contract
