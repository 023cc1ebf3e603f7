#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/limits.h"

/// The limits of the distributed mode: Redis and MySQL. See limits.h.
namespace coupon::limits {

// --- Distributed mode: what its keys may be set to, and how long its services are waited for
/// Of admission.reply_timeout.
inline constexpr std::chrono::minutes kReplyTimeoutMax{1};
inline constexpr std::chrono::hours kCacheTtlMax{1};
inline constexpr std::int64_t kCacheEntriesMax = 1'000'000;
/// Claims of a coupon that may wait for the ledger: queue.backlog_max, and what it may be set to.
inline constexpr std::int64_t kBacklogClaimsDefault = 1'000'000;
inline constexpr std::int64_t kBacklogClaimsMax = 1'000'000'000;
/// A program that cannot reach Redis or the database for so long at its start gives up.
inline constexpr std::chrono::seconds kServicesAwaitedAtStart{10};

// --- Redis
/// Of redis.url.
inline constexpr std::size_t kRedisNodesMax = 64;
inline constexpr int kRedisDatabaseMax = 65'535;
/// One reply with everything in it. Streams and hashes are read in pieces far below this.
inline constexpr std::size_t kRedisReplyBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kRedisReplyElementsMax = 256 * 1024;
/// Arrays in arrays; XREADGROUP answers 5.
inline constexpr int kRedisReplyDepthMax = 7;
/// One command with its arguments.
inline constexpr std::size_t kRedisCommandBytesMax = 16 * 1024 * 1024;
/// Commands of one connection that were written and not answered.
inline constexpr std::size_t kRedisInFlightMax = 16 * 1024;
/// Commands of one connection that wait to be written, and their bytes.
inline constexpr std::size_t kRedisQueuedMax = 16 * 1024;
inline constexpr std::size_t kRedisQueuedBytesMax = 64 * 1024 * 1024;
/// Commands that go out as one write: as many pieces as Asio hands to one system call.
inline constexpr std::size_t kRedisCommandsPerWriteMax = 64;
/// From the look-up of the name to the answer of the last command of the handshake.
inline constexpr std::chrono::seconds kRedisConnectTimeout{2};
/// How long a reply may come after its command's deadline; then the peer is taken for gone.
inline constexpr std::chrono::seconds kRedisOverdue{2};
/// Bounds of the pause before Redis is connected again: the first, and where doubling ends.
inline constexpr std::chrono::milliseconds kRedisBackoffFirst{50};
inline constexpr std::chrono::milliseconds kRedisBackoffMax{2'000};
/// A subscription says PING this often, and is taken for lost when nothing came for so long.
inline constexpr std::chrono::milliseconds kRedisPingInterval{1'000};
inline constexpr std::chrono::milliseconds kRedisSilence{3'000};

// --- Redis admission
/// Claims of one coupon in one call of the script.
inline constexpr std::size_t kClaimsPerCallMax = 512;
/// Claims of one event loop that are not answered: queued, sent, or waiting for the ledger.
inline constexpr std::size_t kRedisClaimsPerLoopMax = 16 * 1024;
/// Of them, claims of one coupon that wait to be sent: a hot coupon leaves room for the others.
inline constexpr std::size_t kRedisClaimsPerCouponMax = 8 * 1024;
/// Messages of the consumer that a loop keeps: one may overtake the answer of the script.
inline constexpr std::size_t kCommitsRememberedMax = 64;
/// A refusal that was told may be told again for so long without asking Redis.
inline constexpr std::chrono::milliseconds kRefusalCached{250};
/// Beside it, where somebody has won: a filter of the winners, of coupons with at most so many, and
/// all filters of a process together.
inline constexpr std::int64_t kWinnersFilteredMax = 1'000'000;
inline constexpr std::size_t kWinnerFilterBytesMax = 64 * 1024 * 1024;
/// "There is no such coupon" likewise, and of how many coupons a loop remembers it.
inline constexpr std::chrono::seconds kUnknownCouponCached{1};
inline constexpr std::size_t kUnknownCouponsCachedMax = 1024;
/// The lock of who loads a coupon; renewed with every piece.
inline constexpr std::chrono::seconds kLoaderLock{10};
/// For loading one coupon, another loader's time included.
inline constexpr std::chrono::minutes kLoadPatience{2};
/// Threads that load coupons, and the coupons that may wait for one.
inline constexpr std::size_t kLoadThreads = 3;
inline constexpr std::size_t kLoadsQueuedMax = 256;
/// While loading: users in one command, and entries of the stream in one answer.
inline constexpr std::size_t kLoadUsersPerPiece = 2'000;
inline constexpr std::size_t kStreamEntriesPerPage = 500;
/// For one answer of Redis to a thread that may block.
inline constexpr std::chrono::seconds kRedisCallPatience{5};
/// The same for a read that a user or a scrape waits for; and how long reads then fail at once.
inline constexpr std::chrono::milliseconds kRedisReadPatience{1'000};
inline constexpr std::chrono::milliseconds kRedisReadPause{1'000};
/// A coupon that opens within this is loaded before anybody asks for it.
inline constexpr std::chrono::minutes kLoadedAhead{1};
/// A coupon that ended stays loaded for so long, counted from its load where that came later.
inline constexpr std::chrono::hours kKeptLoaded{24};
/// For another operator's change of the same coupon.
inline constexpr std::chrono::seconds kChangeTurnPatience{5};
/// How often a change is tried on a coupon that is loaded anew each time.
inline constexpr int kChangeAttempts = 4;
/// Half-done changes are looked for when no operator came for so long.
inline constexpr std::chrono::seconds kChangesReconciled{5};
/// The last part of admission.reply_timeout, at most half of it: the ledger is asked.
inline constexpr std::chrono::milliseconds kLedgerLookUpAhead{500};
/// The last part of shutdown.grace, at most half of it: what has no answer yet is told so.
inline constexpr std::chrono::milliseconds kStopAnswers{1'000};
/// Threads for redemptions, and what may wait for them, or for the one of look-ups in the ledger.
inline constexpr std::size_t kLedgerCallThreads = 2;
inline constexpr std::size_t kLedgerCallsQueuedMax = 4096;

// --- MySQL
/// Of datasource.maximum_pool_size, as HikariCP has it, and what it may be set to: an operator's
/// change holds one connection and works on another.
inline constexpr std::size_t kMysqlPoolSizeDefault = 10;
inline constexpr std::size_t kMysqlPoolSizeMin = 2;
inline constexpr std::size_t kMysqlPoolSizeMax = 256;
/// Of datasource.max_lifetime. A server closes what is idle for wait_timeout, 8 hours as delivered.
inline constexpr std::chrono::minutes kMysqlLifetimeDefault{30};
inline constexpr std::chrono::hours kMysqlLifetimeMax{8};
/// Of datasource.connection_timeout.
inline constexpr std::chrono::seconds kMysqlConnectionTimeoutDefault{3};
inline constexpr std::chrono::minutes kMysqlConnectionTimeoutMax{1};
/// Of the database in datasource.url: the server's own limit.
inline constexpr std::size_t kMysqlDatabaseBytesMax = 64;
/// How long a statement waits for a lock: the server's innodb_lock_wait_timeout.
inline constexpr std::chrono::seconds kMysqlLockWait{2};
/// A transaction whose client says nothing for so long is ended by the server (MariaDB): it would
/// keep the locks of a machine that vanished.
inline constexpr std::chrono::seconds kMysqlTransactionIdle{5};
/// How long a server may stay silent to a statement, or take none of its bytes.
inline constexpr std::chrono::seconds kMysqlSilence{30};
/// A pooled connection that was idle for longer is asked whether it lives before it is lent.
inline constexpr std::chrono::milliseconds kMysqlIdleUnchecked{500};
/// Attempts at a transaction that deadlocks or waits for a lock in vain, the first included. With
/// kMysqlLockWait below the 10 s of a consumer's lease.
inline constexpr int kMysqlTransactionAttempts = 4;
/// Bound of the pause before the second attempt; that of the third is twice as long, and so on.
inline constexpr std::chrono::milliseconds kMysqlRetryPause{20};
/// Who migrates waits so long for another who does.
inline constexpr std::chrono::seconds kMysqlMigrationWait{60};
/// The turn to change a coupon ends when its holder says nothing for so long.
inline constexpr std::chrono::seconds kMysqlTurnIdle{60};
/// Of an operator's change: the caller's id of it, who made it, why it was refused.
inline constexpr std::size_t kRequestIdBytesMax = 64;
inline constexpr std::size_t kChangedByCharactersMax = 100;
inline constexpr std::size_t kChangeReasonCharactersMax = 1000;

// --- MySQL ledger, rows
/// Rows of one INSERT, and values of one IN (...): 100 bytes each stay far below every server's
/// max_allowed_packet.
inline constexpr std::size_t kLedgerRowsPerStatementMax = 1'000;
/// Rows read at a time where all of a coupon are read.
inline constexpr std::size_t kLedgerRowsPerPiece = 10'000;
/// Of a dead letter; the rest is cut.
inline constexpr std::size_t kDeadLetterDetailBytesMax = 1'000;
/// Of one INSERT; their details make them longer than issuances.
inline constexpr std::size_t kDeadLettersPerStatementMax = 100;

static_assert(kRedisCommandsPerWriteMax <= kRedisInFlightMax);
static_assert(kRedisCommandBytesMax <= kRedisQueuedBytesMax);
static_assert(kRedisBackoffFirst <= kRedisBackoffMax);
static_assert(kClaimsPerCallMax <= kRedisClaimsPerCouponMax);
static_assert(kRedisClaimsPerCouponMax < kRedisClaimsPerLoopMax);
static_assert(kRedisPingInterval < kRedisSilence);
static_assert(kMysqlPoolSizeMin <= kMysqlPoolSizeDefault);
static_assert(kMysqlPoolSizeDefault <= kMysqlPoolSizeMax);
static_assert(kMysqlLifetimeDefault <= kMysqlLifetimeMax);
static_assert(kMysqlConnectionTimeoutDefault <= kMysqlConnectionTimeoutMax);
static_assert(kMysqlLockWait < kMysqlSilence);

}  // namespace coupon::limits
