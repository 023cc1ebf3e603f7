#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admission/admission.h"
#include "admission/claim_decision.h"
#include "admission/ledger_replies.h"
#include "admission/redis_admission.h"
#include "admission/redis_backend.h"
#include "admission/redis_cache.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/metric_cells.h"
#include "redis/redis_client.h"
#include "redis/redis_subscriber.h"

namespace coupon::admission {

/// One event loop's share of RedisAdmission: its connections, the claims that wait, and what it
/// knows of coupons. Confined to the loop's thread but for what says otherwise.
///
/// A coupon has at most one call under way. Claims that come meanwhile gather, and so do those that
/// the loop reads in one go: a call is made when the loop comes to it.
class RedisLoop {
public:
    struct Stats {
        CounterCell batches;
        CounterCell batched_claims;
        CounterCell cached_refusals;
        CounterCell overloaded;
        CounterCell shed;  ///< claims that waited for longer than options.wait_max
        CounterCell unknown;
    };

    /// Begins to connect. All must outlive it. Errors: RedisLink::Create.
    static Result<std::unique_ptr<RedisLoop>> Create(boost::asio::io_context& io, ReplySink& sink,
                                                     const RedisAdmissionOptions& options,
                                                     RedisBackend& backend);
    /// When nobody runs the io_context any more.
    ~RedisLoop();

    std::optional<UserReply> Submit(const UserRequest& request);
    /// The coupon was changed: the loop's next task asks Redis. Any thread.
    void ForgetRefusal(CouponId id);

    /// Everything that is out has its answer soon: what was sent is unknown, the rest was not
    /// applied. When nothing is submitted any more. Any thread.
    void GiveUp();

    /// Requests that are not answered and can be: not those of a loop that has ended. Any thread.
    std::int64_t Outstanding() const {
        return io_.stopped() ? 0 : outstanding_.load(std::memory_order_acquire);
    }
    /// Whether Redis is connected. Any thread.
    bool Up() const { return up_.load(std::memory_order_relaxed); }
    /// Any thread.
    const Stats& Numbers() const { return stats_; }

private:
    using Timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          boost::asio::io_context::executor_type>;
    /// After an answer that will pass (LOADING, READONLY, BUSY): so long nothing is sent.
    static constexpr std::chrono::milliseconds kRetryPause{20};

    struct Claim {
        UserRequest request;
        MonotonicTime deadline;  ///< beyond it, it is not sent
    };
    /// What the loop knows of one coupon.
    struct Entry {
        CouponId id;
        std::int64_t epoch = 0;  ///< as Redis told it last
        std::deque<Claim> waiting = {};  ///< in the order they came
        std::vector<Claim> batch = {};  ///< what is under way
        bool flush_posted = false;
        bool loading = false;
        /// After a refusal of Redis that will pass: not before.
        MonotonicTime not_before = MonotonicTime::min();
        CachedRefusal refusal = {};
        MonotonicTime winners_not_before = MonotonicTime::min();  ///< when to ask for them again
        MonotonicTime used_at = MonotonicTime::min();

        bool Idle() const { return waiting.empty() && batch.empty() && !loading; }
    };

    RedisLoop(boost::asio::io_context& io, ReplySink& sink, const RedisAdmissionOptions& options,
              RedisBackend& backend);

    std::optional<UserReply> SubmitClaim(const UserRequest& request);
    std::optional<UserReply> SubmitRedemption(const UserRequest& request);
    Entry& EntryOf(CouponId id, MonotonicTime now);
    void Forget(MonotonicTime now);

    void PostFlush(Entry& entry);
    void Flush(Entry& entry);
    void TakeBatch(Entry& entry, MonotonicTime now);
    void LeaveRepeats(Entry& entry);
    void Send(Entry& entry, bool by_text);
    void OnAnswer(CouponId id, Result<redis::RedisReply> answer, bool by_text);
    void OnError(Entry& entry, const Error& error);
    void OnNotLoaded(Entry& entry, const ClaimDecision& decision);
    void OnDecided(Entry& entry, const ClaimDecision& decision);
    void Remember(Entry& entry, const ClaimDecision& decision);
    void AskForWinners(Entry& entry, const WinnersVersion& version);
    void PutBack(Entry& entry);
    void StartLoading(Entry& entry);
    void OnLoaded(CouponId id, const Result<LoadedCoupon>& loaded);
    void AnswerBatch(Entry& entry, Outcome outcome);
    void AnswerWaiting(Entry& entry, Outcome outcome);
    void Deliver(const std::vector<UserReply>& replies);
    void OnRedeemed(const UserReply& reply);
    void OnState(const redis::RedisState& state);
    void OnMessage(std::string_view channel, std::string_view payload);
    void DropRefusal(CouponId id);
    void DropRefusals();
    void ArmSweep();
    void Sweep();

    boost::asio::io_context& io_;
    ReplySink& sink_;
    const RedisAdmissionOptions& options_;
    RedisBackend& backend_;
    Stats stats_;
    std::unordered_map<CouponId, Entry> entries_;
    std::unordered_map<CouponId, MonotonicTime> unknown_coupons_;  ///< until when
    std::unordered_map<std::uint64_t, UserRequest> redemptions_;  ///< by tag: with the backend
    LedgerReplies ledger_replies_;
    std::atomic<std::int64_t> outstanding_{0};  ///< stored with release; partner: Outstanding
    std::atomic<bool> up_{false};  ///< relaxed: for readiness
    MonotonicTime down_since_ = std::chrono::steady_clock::now();
    Timer sweep_timer_;
    bool sweeping_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::unique_ptr<redis::RedisClient> client_;
    std::unique_ptr<redis::RedisSubscriber> subscriber_;
};

}  // namespace coupon::admission
