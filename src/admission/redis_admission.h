#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "admission/admission.h"
#include "admission/redis_loader.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/limits.h"
#include "common/limits_distributed.h"
#include "common/reply_after.h"
#include "redis/redis_options.h"

namespace coupon::ledger {
class MysqlPool;
}  // namespace coupon::ledger

namespace coupon::admission {

struct RedisAdmissionOptions {
    redis::RedisOptions redis;
    /// A claim that has waited longer is shed before it is sent (kOverloaded).
    std::chrono::milliseconds wait_max = limits::kClaimWait;
    ReplyAfter reply_after = ReplyAfter::kAdmission;
    /// kLedger: how long a yes waits for the ledger, which is asked shortly before the end; then it
    /// is kUnknown.
    std::chrono::milliseconds reply_timeout = std::chrono::seconds{5};
    /// How long a loop goes by what it knows of a coupon, and of how many coupons it knows.
    std::chrono::milliseconds cache_ttl = std::chrono::seconds{10};
    std::int64_t cache_entries_max = 1'000;
    /// Claims of a coupon that may wait for the ledger; beyond it newcomers get kOverloaded.
    std::int64_t backlog_max = 1'000'000;
    /// Differs from the limit in tests only.
    std::chrono::milliseconds refusal_cached = limits::kRefusalCached;
    RedisLoaderOptions loader = {};
};

/// The numbers of a process, for metrics. Any thread may take them.
struct RedisAdmissionNumbers {
    std::uint64_t batches = 0;  ///< calls of the claim script that were answered
    std::uint64_t batched_claims = 0;  ///< claims in them
    std::uint64_t cached_refusals = 0;  ///< answered without Redis
    std::uint64_t overloaded = 0;  ///< refused because too many waited here
    std::uint64_t shed = 0;  ///< refused because they had waited for longer than wait_max
    std::uint64_t unknown = 0;  ///< claims whose outcome is not known
    std::uint64_t loads = 0;  ///< coupons that this process loaded or found loaded
    std::uint64_t load_failures = 0;
};

/// The distributed form: the decision is one script in Redis, the ledger follows through a stream.
///
/// Each event loop has a connection to Redis on its own io_context. Claims of one coupon gather
/// while a call of that coupon is under way, and go together with the next (at most
/// limits::kClaimsPerCallMax). What blocks (loading, operator changes, redemptions, reading the
/// ledger) has threads of its own.
class RedisAdmission final : public Admission {
public:
    /// Connects, and refuses a Redis that may forget: kConfiguration for a maxmemory-policy other
    /// than noeviction; kUnavailable when Redis does not answer. `pool` and `clock` must outlive
    /// the object.
    static Result<std::unique_ptr<RedisAdmission>> Open(const RedisAdmissionOptions& options,
                                                        ledger::MysqlPool& pool,
                                                        const Clock& clock);
    /// After Drain, when no thread runs the loops' io_contexts any more and before they are gone.
    ~RedisAdmission() override;

    /// Redemptions go to the ledger on a thread of their own; kNotIssuedYet while only accepted.
    std::optional<UserReply> Submit(SubmitterId from, const UserRequest& request) override;
    void Apply(OperatorChange change, ChangeCallback done) override;
    /// Knows the coupons that this process loaded, as they were then. Unavailable: Redis is not
    /// connected.
    const AdmissionReader& Reader() const override;
    SubmitterId Register(ReplySink& sink, boost::asio::io_context& loop) override;
    /// At the deadline what Redis or the ledger have not answered is told so (kUnknown where it was
    /// sent), and it is done all the same; false: a loop did not come to it. What a loop that has
    /// ended holds is nobody's any more.
    bool Drain(std::chrono::milliseconds deadline) override;

    /// What Redis is configured for: appendonly with appendfsync always = kDurable; appendonly
    /// otherwise = kOs (written to the system before the reply, so that a killed Redis keeps it; a
    /// lost machine loses up to a second, or what the system had not written); no appendonly =
    /// kProcess. As found at start.
    AckLevel Level() const;
    /// "appendonly yes, appendfsync everysec": for /actuator/info and the log.
    std::string Durability() const;
    RedisAdmissionNumbers Numbers() const;
    /// Begins a new epoch of a coupon and loads it anew. Blocks; any thread. Errors:
    /// RedisLoader::Load, kOverloaded.
    Result<LoadedCoupon> Rebuild(CouponId id);
    /// Has a coupon loaded, and waits at most limits::kRedisReadPatience for it (kUnavailable; it
    /// goes on). Any thread that may block. Errors: RedisLoader::Load.
    Result<LoadedCoupon> Load(CouponId id);

private:
    class Impl;
    explicit RedisAdmission(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace coupon::admission
