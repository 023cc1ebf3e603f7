#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/operator_change.h"
#include "admission/request.h"
#include "common/clock.h"
#include "common/ids.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace coupon::admission {

/// How sure an answer with success is. Named in /actuator/info, a metric and every benchmark table.
enum class AckLevel { kProcess, kOs, kDurable, kReplicated };
std::string_view ToString(AckLevel level);

/// What one user holds of one coupon: an issuance as the engine knows it.
struct Holding {
    CouponId coupon_id;
    UserId user_id;
    Sequence sequence;
    WallTime issued_at;
    bool redeemed = false;
};

/// What every admission knows without I/O. Thread-safe; never blocks the sequencer.
class AdmissionReader {
public:
    AdmissionReader() = default;
    AdmissionReader(const AdmissionReader&) = delete;
    AdmissionReader& operator=(const AdmissionReader&) = delete;
    virtual ~AdmissionReader() = default;

    /// nullopt: this process does not know it.
    virtual std::optional<CouponView> FindCoupon(CouponId id) const = 0;
    /// Empty while requests can be decided; else why not ("writer closed: commit: I/O error").
    virtual std::optional<std::string> Unavailable() const = 0;
};

/// Of an admission that has everything durable in memory: what it does not know is not there.
class HolderReader : public AdmissionReader {
public:
    /// Coupons with an id above `after`, ascending, at most `limit`; shadow coupons are left out.
    virtual std::vector<CouponView> ListCoupons(CouponId after, std::size_t limit) const = 0;
    /// nullopt: the user does not hold the coupon so far (or the coupon does not exist: see
    /// FindCoupon).
    virtual std::optional<Holding> FindHolding(CouponId id, UserId user) const = 0;
    /// Everything the user holds, by coupon id; shadow coupons are left out.
    virtual std::vector<Holding> HoldingsOf(UserId user) const = 0;
};

/// Decides who gets a coupon. Forms: embedded (one process, SQLite) and Redis;
/// tests/contract runs one suite against each. The service owns one for its whole life.
class Admission {
public:
    Admission() = default;
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    virtual ~Admission() = default;

    /// Decides or begins to. An answer that needs no I/O (a duplicate, "sold out") is returned at
    /// once; else nullopt, and the reply comes through the submitter's sink, exactly once. Thread:
    /// the submitter's own.
    virtual std::optional<UserReply> Submit(SubmitterId from, const UserRequest& request) = 0;

    /// Applies an operator change; `done` is called once it is durable or refused. Any thread.
    /// Errors: kInvalidArgument with the field, kNotFound, kConflict, kOverloaded (too many wait),
    /// kUnavailable (stopping, or the writer is closed), kStorageFull. Nothing was applied, unless
    /// `applied` is kUnknown: after a write that failed.
    virtual void Apply(OperatorChange change, ChangeCallback done) = 0;

    /// What can be read without I/O. Valid as long as the admission. Any thread; at most
    /// limits::kEngineReadersMax at once.
    virtual const AdmissionReader& Reader() const = 0;

    /// Before traffic: `sink` must outlive the admission's Drain. `loop` is where the submitter's
    /// thread runs; the Redis form does its I/O there. Not thread-safe.
    virtual SubmitterId Register(ReplySink& sink, boost::asio::io_context& loop) = 0;

    /// Takes nothing new, finishes what was taken, returns when all of it is durable and answered.
    /// True if that was done before `deadline`; else it may be called again. Any thread.
    virtual bool Drain(std::chrono::milliseconds deadline) = 0;
};

}  // namespace coupon::admission
