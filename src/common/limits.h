#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

/// Every limit of the service, in one place; ARCHITECTURE.md lists each with what happens beyond
/// it. Units stand last in the name.
namespace coupon::limits {

// --- What a caller may ask for
inline constexpr std::int64_t kIdMax = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kMoneyMax = std::numeric_limits<std::int64_t>::max();
inline constexpr std::size_t kNameCharactersMax = 50;
/// A sequence has 31 bits beside a user's entry in the holder map; a stock cannot be larger.
inline constexpr std::int64_t kSequenceMax = (std::int64_t{1} << 31) - 1;
/// Embedded: coupon ids are dense from 1; 2^20 of them fit the directory and the 23 bits of a row
/// key.
inline constexpr std::int64_t kCouponsMax = std::int64_t{1} << 20;
inline constexpr std::size_t kPageSizeMax = 1000;
inline constexpr std::size_t kPageSizeDefault = 100;

/// Coupons in the metric coupon_stock_remaining, a series each.
inline constexpr std::size_t kStockSeriesMax = 1000;

// --- Configuration
inline constexpr std::size_t kConfigFileBytesMax = 1024 * 1024;
inline constexpr std::size_t kConfigDepthMax = 16;
inline constexpr std::size_t kConfigSettingsMax = 4096;
/// A token has to be long enough not to be guessed and short enough for the fixed buffer it is
/// compared in.
inline constexpr std::size_t kSecretBytesMin = 32;
inline constexpr std::size_t kSecretBytesMax = 256;
/// Of shutdown.grace and shutdown.readiness_delay.
inline constexpr std::chrono::hours kShutdownMax{1};

// --- HTTP
/// Connections at a time: server.max_connections, and what it may be set to.
inline constexpr std::int64_t kConnectionsDefault = 20'000;
inline constexpr std::int64_t kConnectionsMax = 1'000'000;
/// Connections beyond server.max_connections that are told so at one time; a loop.
inline constexpr std::size_t kRefusedConnectionsPerLoopMax = 256;
/// Connections that wait to be accepted, a loop; the kernel cuts it to net.core.somaxconn.
inline constexpr int kBacklogConnections = 4096;
/// Open files beside connections: the store, sockets that listen or refuse, event loops, queries.
inline constexpr std::size_t kFilesBesideConnections = 128;
inline constexpr std::size_t kHeaderBytesMax = 8 * 1024;
inline constexpr std::size_t kHeaderFieldsMax = 64;
inline constexpr std::size_t kTargetBytesMax = 2 * 1024;
/// A target, and beside it a method, two spaces, the version, CR.
inline constexpr std::size_t kRequestLineBytesMax = kTargetBytesMax + 32;
inline constexpr std::size_t kClaimBodyBytesMax = 4 * 1024;
inline constexpr std::size_t kBodyBytesMax = 64 * 1024;
inline constexpr std::size_t kJsonDepthMax = 8;
inline constexpr std::size_t kJsonNameBytesMax = 64;
inline constexpr std::chrono::seconds kHeaderTimeout{5};
inline constexpr std::chrono::seconds kBodyTimeout{5};
inline constexpr std::chrono::seconds kWriteTimeout{10};
/// Above a load balancer's usual 60 s, so that the balancer closes first.
inline constexpr std::chrono::seconds kIdleTimeout{75};
/// Time-outs are checked this often, so they fire up to that much late.
inline constexpr std::chrono::milliseconds kSweepInterval{250};
/// After a refusal the rest of what the client sends is read and dropped for at most this long.
inline constexpr std::chrono::milliseconds kLingerTimeout{2'000};
/// Answers that wait for one write on a pipelining connection; beyond it the connection is read no
/// further.
inline constexpr std::size_t kPipelinedAnswerBytesMax = 64 * 1024;
/// Answer buffers that a loop keeps for reuse, and the largest that is kept.
inline constexpr std::size_t kSpareBuffersMax = 64;
inline constexpr std::size_t kSpareBufferBytesMax = 2 * kPipelinedAnswerBytesMax;

// --- Admission
/// Requests between one event loop and the sequencer; beyond it the answer is "overloaded".
inline constexpr std::size_t kSubmissionRingEntries = 16 * 1024;
/// Event loops that may submit to one sequencer.
inline constexpr std::size_t kSubmittersMax = 64;
/// Of server.threads. The 8: query threads, main and the sequencer read engine state as well.
inline constexpr std::size_t kEventLoopsMax = kSubmittersMax - 8;
/// How long a request may wait for its decision; beyond it the answer is "overloaded". Far above a
/// commit's time and below what a client waits.
inline constexpr std::chrono::milliseconds kClaimWait{2'000};
/// Of admission.wait_max.
inline constexpr std::chrono::minutes kClaimWaitMax{1};
/// Claims decided for one commit.
inline constexpr std::size_t kBatchEntriesMax = 8 * 1024;
/// Operator changes that wait for the sequencer.
inline constexpr std::size_t kOperatorQueueEntriesMax = 1024;
/// Operator changes applied between two batches of claims, so that they cannot starve the claims.
inline constexpr std::size_t kOperatorChangesPerRoundMax = 8;
/// Threads for what reads the store: one for short queries, one for long ones.
inline constexpr std::size_t kQueryThreads = 2;
/// Queries that wait for their thread: a page of an export, a scrape; a backup, an audit.
inline constexpr std::size_t kShortQueriesMax = 256;
inline constexpr std::size_t kLongQueriesMax = 4;
/// Room made ahead for the holders of a new coupon.
inline constexpr std::int64_t kReservedHoldersMax = 1'000'000;
/// The same over all coupons of a process: 15 bytes each of address space, memory only as it is
/// used.
inline constexpr std::int64_t kReservedHoldersTotalMax = 100'000'000;
/// Threads that may read engine state beside the sequencer.
inline constexpr std::size_t kEngineReadersMax = 64;

// --- Log
/// Lines that wait for the reader of the log, and how long the end of the process waits for it.
inline constexpr std::size_t kLogLinesMax = 4096;
inline constexpr std::chrono::seconds kLogFlush{1};

// --- Stop
/// Signals so close are one; and what the store may take to close beyond shutdown.grace.
inline constexpr std::chrono::milliseconds kSignalEcho{50};
inline constexpr std::chrono::seconds kStopOverrun{2};

// --- Embedded ledger
/// Pages in the write-ahead log that start a checkpoint.
inline constexpr int kCheckpointPages = 1000;
inline constexpr std::size_t kExportRowsPerChunk = 2'000;
/// The only foreign holder of SQLite's lock can be somebody's shell; a claim must not wait longer
/// for that.
inline constexpr std::chrono::milliseconds kBusyTimeout{1'000};
/// Examples that an audit gives of one broken promise.
inline constexpr std::size_t kAuditExamplesMax = 5;
/// Findings after which SQLite's integrity check of an audit stops.
inline constexpr int kAuditIntegrityFindingsMax = 100;
/// Backups that may have the same millisecond in their names; one more is a conflict.
inline constexpr int kBackupsOfOneMomentMax = 100;
/// A write that takes longer makes the service not ready; it is waited for all the same.
inline constexpr std::chrono::seconds kWriteStall{2};
/// After a full disk: free space from which the service calls itself ready before a write has
/// succeeded.
inline constexpr std::uintmax_t kFreeBytesToBeReady = 1024 * 1024;

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
/// "There is no such coupon" likewise, and of how many coupons a loop remembers it.
inline constexpr std::chrono::seconds kUnknownCouponCached{1};
inline constexpr std::size_t kUnknownCouponsCachedMax = 1024;
/// The lock of who loads a coupon; renewed with every piece.
inline constexpr std::chrono::seconds kLoaderLock{10};
/// For loading one coupon, another loader's time included.
inline constexpr std::chrono::minutes kLoadPatience{2};
/// Coupons that wait for the loading thread.
inline constexpr std::size_t kLoadsQueuedMax = 256;
/// While loading: users in one command, and entries of the stream in one answer.
inline constexpr std::size_t kLoadUsersPerPiece = 2'000;
inline constexpr std::size_t kStreamEntriesPerPage = 500;
/// For one answer of Redis to a thread that may block.
inline constexpr std::chrono::seconds kRedisCallPatience{5};
/// For another operator's change of the same coupon.
inline constexpr std::chrono::seconds kChangeTurnPatience{5};
/// Half-done changes are looked for when no operator came for so long.
inline constexpr std::chrono::seconds kChangesReconciled{5};
/// Threads for redemptions and single reads of the ledger, and what may wait for them.
inline constexpr std::size_t kLedgerCallThreads = 2;
inline constexpr std::size_t kLedgerCallsQueuedMax = 4096;
// --- MySQL
/// Of datasource.maximum_pool_size, as HikariCP has it, and what it may be set to.
inline constexpr std::size_t kMysqlPoolSizeDefault = 10;
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

// --- Consumer
/// Claims of one transaction: consumer.batch_max, and what it may be set to.
inline constexpr std::int64_t kConsumerBatchDefault = 5'000;
inline constexpr std::int64_t kConsumerBatchMax = 50'000;
/// Writers: consumer.threads, and what it may be set to.
inline constexpr std::int64_t kConsumerThreadsDefault = 4;
inline constexpr std::int64_t kConsumerThreadsMax = 32;
/// Of consumer.lease.
inline constexpr std::chrono::minutes kConsumerLeaseMax{10};
/// Coupons whose streams are read in one pipeline.
inline constexpr std::size_t kQueueTakesPerRoundMax = 256;
/// Claims that are read and not yet written, over all coupons of a process; nothing is read beyond.
inline constexpr std::size_t kQueueClaimsHeldMax = 500'000;
/// Bound of the pause between two looks at a stream that has nothing new.
inline constexpr std::chrono::milliseconds kQueueIdlePauseMax{50};
/// The same where another consumer has the lease.
inline constexpr std::chrono::milliseconds kQueueLeasePollMax{250};
/// Bounds of the pause before a coupon's work that failed is tried again: the first, and where
/// doubling ends.
inline constexpr std::chrono::milliseconds kQueueRetryPauseFirst{50};
inline constexpr std::chrono::milliseconds kQueueRetryPauseMax{5'000};

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

// --- couponctl
/// An answer that is held in memory; a streamed one has no limit.
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;
/// For calls that are answered at once, and for those that read the whole store first.
inline constexpr std::chrono::seconds kCallTimeoutDefault{10};
inline constexpr std::chrono::minutes kLongCallTimeoutDefault{10};
/// Of --timeout.
inline constexpr std::chrono::days kCallTimeoutMax{1};
/// Of a time such as +7d.
inline constexpr std::chrono::days kTimeOffsetMax{36'500};

static_assert(kClaimBodyBytesMax <= kBodyBytesMax);
static_assert(kReservedHoldersMax <= kSequenceMax);
static_assert(kPageSizeDefault <= kPageSizeMax);
static_assert(kBatchEntriesMax <= kSubmissionRingEntries);
static_assert(kSubmittersMax <= kEngineReadersMax);
static_assert(kEventLoopsMax + kQueryThreads + 2 <= kEngineReadersMax);
static_assert(kConnectionsDefault <= kConnectionsMax);
static_assert(kRedisCommandsPerWriteMax <= kRedisInFlightMax);
static_assert(kRedisCommandBytesMax <= kRedisQueuedBytesMax);
static_assert(kRedisBackoffFirst <= kRedisBackoffMax);
static_assert(kClaimsPerCallMax <= kRedisClaimsPerCouponMax);
static_assert(kRedisClaimsPerCouponMax < kRedisClaimsPerLoopMax);
static_assert(kRedisPingInterval < kRedisSilence);
static_assert(kMysqlPoolSizeDefault <= kMysqlPoolSizeMax);
static_assert(kMysqlLifetimeDefault <= kMysqlLifetimeMax);
static_assert(kMysqlConnectionTimeoutDefault <= kMysqlConnectionTimeoutMax);
static_assert(kMysqlLockWait < kMysqlSilence);

static_assert(kConsumerBatchMax <= static_cast<std::int64_t>(kQueueClaimsHeldMax));
static_assert(kQueueRetryPauseFirst <= kQueueRetryPauseMax);
static_assert(kSecretBytesMin <= kSecretBytesMax);

}  // namespace coupon::limits
