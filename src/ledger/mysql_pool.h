#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/metric_cells.h"
#include "common/mutex.h"
#include "ledger/mysql_connection.h"
#include "ledger/mysql_options.h"

namespace coupon::ledger {

class MysqlPool;

/// A pooled connection for as long as the lease lives; then it goes back, or is closed when it is
/// broken or in the middle of a transaction (the server rolls that back). Confined to one thread at
/// a time, and gone before its pool.
class MysqlLease {
public:
    MysqlLease(MysqlLease&& other) noexcept = default;
    MysqlLease& operator=(MysqlLease&& other) noexcept;
    ~MysqlLease();

    MysqlConnection& operator*() const { return *connection_; }
    MysqlConnection* operator->() const { return connection_.get(); }

private:
    friend class MysqlPool;
    MysqlLease(MysqlPool& pool, std::unique_ptr<MysqlConnection> connection,
               MonotonicTime expires_at, MonotonicTime taken_at)
        : pool_(&pool),
          connection_(std::move(connection)),
          expires_at_(expires_at),
          taken_at_(taken_at) {}
    void GiveBack();

    MysqlPool* pool_;
    std::unique_ptr<MysqlConnection> connection_;  ///< null once moved away
    MonotonicTime expires_at_;
    MonotonicTime taken_at_;
};

/// The numbers of a pool at one moment.
struct MysqlPoolNumbers {
    std::size_t active = 0;  ///< lent, those that are being opened included
    std::size_t idle = 0;
    std::size_t pending = 0;  ///< threads that wait in Take
    std::size_t max = 0;
    std::uint64_t timeouts = 0;  ///< Takes that waited for connection_timeout in vain
    std::uint64_t created = 0;  ///< connections made
    std::uint64_t failed = 0;  ///< connections that could not be made
    HistogramTotals acquire = {};  ///< nanoseconds of a Take that succeeded (kSecondsBounds...)
    HistogramTotals usage = {};  ///< nanoseconds of a lease
};

/// At most options.maximum_pool_size connections, opened when they are needed. Thread-safe;
/// blocking.
class MysqlPool {
public:
    /// Does not connect. Errors: kConfiguration, of the field that is out of its limits.
    static Result<std::unique_ptr<MysqlPool>> Create(MysqlOptions options);
    /// Every lease is back (CHECK).
    ~MysqlPool();
    MysqlPool(const MysqlPool&) = delete;
    MysqlPool& operator=(const MysqlPool&) = delete;

    /// An idle connection, one more, or the first that comes back. One that was idle for more than
    /// options.idle_unchecked is asked whether it still lives, and replaced if not. Errors:
    /// kUnavailable, retry is safe: none came back within datasource.connection_timeout, or the
    /// server cannot be reached; kConfiguration: it refuses us.
    Result<MysqlLease> Take();

    MysqlPoolNumbers Numbers() const;
    const MysqlOptions& Options() const { return options_; }

private:
    friend class MysqlLease;
    struct Pooled {
        std::unique_ptr<MysqlConnection> connection;
        MonotonicTime expires_at;
        MonotonicTime idle_since;
    };

    explicit MysqlPool(MysqlOptions options);
    /// Waits for the right to one connection more: an idle one, or none, which may be opened.
    Result<std::optional<Pooled>> TakeSlot(MonotonicTime deadline);
    /// Whether an idle connection may be lent.
    bool StillGood(Pooled& pooled, MonotonicTime deadline) const;
    Result<Pooled> OpenAnother(MonotonicTime deadline);
    void GiveBack(Pooled pooled, MonotonicTime taken_at);

    const MysqlOptions options_;
    mutable Mutex mutex_;
    CondVar given_back_;
    std::vector<Pooled> idle_ GUARDED_BY(mutex_);  ///< the one used last is taken first
    std::size_t active_ GUARDED_BY(mutex_) = 0;
    std::size_t pending_ GUARDED_BY(mutex_) = 0;
    std::minstd_rand random_ GUARDED_BY(mutex_);
    // One writer at a time: under the mutex.
    CounterCell timeouts_;
    CounterCell created_;
    CounterCell failed_;
    HistogramCell acquire_{kSecondsBoundsNanoseconds};
    HistogramCell usage_{kSecondsBoundsNanoseconds};
};

}  // namespace coupon::ledger
