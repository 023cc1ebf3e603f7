#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "admission/redis_admission.h"
#include "admission/redis_loader.h"
#include "admission/redis_lookup.h"
#include "apps/distributed/distributed_audit.h"
#include "http/api/query_store.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_dead_letters.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_reader.h"
#include "redis/redis_options.h"
#include "redis/redis_session.h"

namespace coupon {

/// What an operator mends: rebuilds through the admission, dead letters in the ledger. Confined to
/// its store's thread.
class DistributedOperator final : public http::api::OperatorStore {
public:
    /// All must outlive it; `loader` uses `session`.
    DistributedOperator(admission::RedisAdmission& admission, ledger::MysqlPool& pool,
                        redis::RedisSession& session, admission::RedisLoader& loader)
        : admission_(admission), pool_(pool), session_(session), loader_(loader), letters_(pool) {}

    Result<http::api::RebuiltCoupon> Rebuild(CouponId coupon) override;
    Result<std::vector<ledger::DeadLetter>> DeadLetters(
        const http::api::DeadLetterQuery& query) override;
    Result<ledger::DeadLetter> FindDeadLetter(std::int64_t id) override;
    Result<ledger::DeadLetter> RetryDeadLetter(std::int64_t id) override;
    Result<ledger::DeadLetter> DropDeadLetter(std::int64_t id) override;

private:
    /// The letter as it is once its status is `to`; kConflict when it was not open.
    Result<ledger::DeadLetter> Settle(std::int64_t id, ledger::DeadLetterStatus to);

    admission::RedisAdmission& admission_;
    ledger::MysqlPool& pool_;
    redis::RedisSession& session_;
    admission::RedisLoader& loader_;
    ledger::MysqlDeadLetters letters_;
};

/// What one query thread of the distributed mode has: connections to Redis of its own, and the
/// ledger's pool.
class DistributedStore final : public http::api::QueryStore {
public:
    /// Does not connect. `admission` and `pool` must outlive it. Errors: as RedisSession::Create.
    static Result<std::unique_ptr<http::api::QueryStore>> Open(admission::RedisAdmission& admission,
                                                               ledger::MysqlPool& pool,
                                                               const redis::RedisOptions& redis);

    admission::ClaimLookup& Lookup() override { return *lookup_; }
    http::api::OperatorStore& Operator() override { return operator_; }
    /// Holds Redis and the ledger against each other: see DistributedAudit.
    Result<ledger::AuditReport> Audit() override;
    Result<ledger::BackupResult> Backup(WallTime now) override;
    /// An audit ends with the coupon in hand; a call of the database has its own time-outs.
    void Interrupt() override;

private:
    DistributedStore(admission::RedisAdmission& admission, ledger::MysqlPool& pool,
                     std::unique_ptr<redis::RedisSession> session);

    Result<AuditedCoupon> AuditOne(CouponId id);
    Result<void> ReadAdmitted(AuditedCoupon& coupon, std::optional<AdmittedCounts>& counts);
    Result<std::map<CouponId, std::int64_t>> CountLetters();
    Result<void> CountRedemptions(AuditedCoupon& coupon);
    Result<std::optional<AdmittedCounts>> Admitted(CouponId id);
    Result<void> StillWanted() const;

    ledger::MysqlCoupons coupons_;
    ledger::MysqlReader reader_;
    ledger::MysqlDeadLetters letters_;
    const std::unique_ptr<redis::RedisSession> session_;
    admission::RedisLoader loader_;
    std::unique_ptr<admission::RedisLookup> lookup_;  ///< set by Open
    DistributedOperator operator_;
    std::atomic<bool> interrupted_{false};  ///< relaxed: stands for itself
};

}  // namespace coupon
