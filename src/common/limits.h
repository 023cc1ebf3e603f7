#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

/// Every limit of the service, here and, of the distributed mode, in limits_distributed.h;
/// ARCHITECTURE.md lists each with what happens beyond it. Units stand last in the name.
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
static_assert(kSecretBytesMin <= kSecretBytesMax);

}  // namespace coupon::limits
