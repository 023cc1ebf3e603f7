#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "admission/redis_loader.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_dead_letters.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_reader.h"
#include "queue/claim_rescue.h"
#include "queue/ledger_batch.h"
#include "queue/work.h"
#include "queue/worker_stats.h"
#include "redis/redis_session.h"

namespace coupon::queue {

/// Told after each batch that was given to the ledger: nullopt, it was written.
using BatchCallback = std::function<void(const std::optional<Error>&)>;

/// Does one piece of work for one coupon: the ledger first, then the acknowledgement, so that a
/// crash at any instant leaves the claims either on the stream or in the ledger, and both is
/// harmless. Confined to one thread; blocks.
class CouponWorker {
public:
    /// All must outlive it.
    CouponWorker(redis::RedisSession& session, ledger::MysqlPool& pool, const Clock& clock,
                 const Logger& log, BatchCallback on_batch);

    /// Never fails: what could not be done is in the result, with the reason in the log.
    WorkResult Do(Work work);
    const WorkerStats& Stats() const { return stats_; }

private:
    /// The claims of a batch on their way through the ledger and, where the epoch is another, the
    /// rescue.
    struct Sorted {
        std::int64_t epoch = 0;
        std::vector<Issuance> to_write = {};  ///< held by the state of `epoch`
        std::vector<Issuance> to_ask = {};  ///< of an earlier one
        std::int64_t refused_epoch = 0;  ///< the ledger has another; 0 = none was refused
        std::vector<Issuance> written = {};
        std::vector<ledger::DeadLetter> letters = {};
    };

    WorkResult Load(Work work);
    WorkResult Write(Work work);
    WorkResult AcknowledgeWritten(Work work, const std::string& announcement);

    Result<void> WriteToLedger(CouponId coupon, Sorted& claims);
    Result<void> AskAdmission(CouponId coupon, Sorted& claims);
    Result<void> KeepLetters(const Work& work, std::vector<ledger::DeadLetter>& letters);
    WorkResult Later(Work work, std::string_view what, const Error& error);

    redis::RedisSession& session_;
    const Logger& log_;
    const BatchCallback on_batch_;
    WorkerStats stats_;
    ledger::MysqlCoupons coupons_;
    ledger::MysqlReader reader_;
    ledger::MysqlDeadLetters dead_letters_;
    admission::RedisLoader loader_;
    LedgerBatch batch_;
    ClaimRescue rescue_;
};

}  // namespace coupon::queue
