#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>

#include "admission/admission.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace coupon::contract {

/// A store that the contract suite can run against: it makes the admission, and makes it anew as
/// after a crash. The suite tells the time; a store whose clock it cannot set keeps all its stamps
/// moved instead.
class AdmissionStore {
public:
    /// `slack`: how much later than it was told the store may believe it is.
    explicit AdmissionStore(std::chrono::milliseconds slack = {}) : slack_(slack) {}
    AdmissionStore(const AdmissionStore&) = delete;
    AdmissionStore& operator=(const AdmissionStore&) = delete;
    virtual ~AdmissionStore() = default;

    /// Opens the store; what was durable before is there again.
    virtual std::unique_ptr<admission::Admission> Open() = 0;
    /// While it is open. No request is under way.
    virtual void SetNow(WallTime now) = 0;
    /// Until the ledger has everything that was admitted.
    virtual void Settle() {}
    /// What the store knows, whatever it takes to find that out.
    virtual const admission::HolderReader& Reader() = 0;

    /// A time of the suite as the store has it.
    WallTime InStore(WallTime time) const { return time + shift_; }
    /// Whether the store means this time of the suite.
    bool IsTime(WallTime in_store, WallTime time) const {
        return in_store >= InStore(time) && in_store <= InStore(time) + slack_;
    }

protected:
    std::chrono::milliseconds shift_{0};

private:
    const std::chrono::milliseconds slack_;
};

/// Drives an Admission as one event loop and one operator would, and waits for the answers. The
/// loop is a thread of its own; it ends with the object.
class AdmissionDriver final : public admission::ReplySink {
public:
    explicit AdmissionDriver(admission::Admission& admission);
    ~AdmissionDriver() override;

    /// The loop's thread ends; nothing can be asked any more. The admission may go then, and this
    /// object after it.
    void StopLoop();

    /// Asks and waits; fails the test when no answer comes within ten seconds.
    admission::UserReply Ask(admission::RequestKind kind, CouponId coupon, UserId user,
                             Money amount = {});
    admission::UserReply Claim(CouponId coupon, std::int64_t user) {
        return Ask(admission::RequestKind::kClaim, coupon, UserId{user});
    }
    /// Asks without waiting; the answer is fetched with Await.
    std::uint64_t Send(admission::RequestKind kind, CouponId coupon, UserId user, Money amount = {},
                       MonotonicTime received_at = MonotonicTime::max());
    admission::UserReply Await(std::uint64_t tag);

    Result<admission::CouponView> Change(admission::OperatorChange change);

    void Deliver(std::span<const admission::UserReply> replies) noexcept override;

private:
    admission::Admission& admission_;
    boost::asio::io_context io_{1};
    const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        io_.get_executor()};
    admission::SubmitterId id_;
    std::uint64_t last_tag_ = 0;
    Mutex mutex_;
    CondVar arrived_;
    std::map<std::uint64_t, admission::UserReply> replies_ GUARDED_BY(mutex_);
    std::uint64_t answered_twice_ GUARDED_BY(mutex_) = 0;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace coupon::contract
