#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "admission/admission.h"
#include "admission/engine.h"
#include "admission/sequencer.h"
#include "common/clock.h"
#include "common/error.h"
#include "ledger/sqlite_ledger.h"

namespace coupon::simulation {

/// The embedded admission without its thread and rings: the same ledger, engine, sequencer and
/// restoring, driven by hand. The honest form only passes on; the planted bugs override one
/// function each. Confined to one thread.
class Service {
public:
    using Deliver = std::function<void(std::span<const admission::UserReply>)>;

    /// `clock` must outlive the object.
    Service(std::unique_ptr<ledger::SqliteLedger> ledger, const Clock& clock);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    virtual ~Service() = default;

    /// Before everything else: the engine from the rows.
    virtual Result<void> Restore();
    /// The answer if it can be given at once; else the request belongs into the next round. Also
    /// while a round or a change is under way.
    virtual std::optional<admission::UserReply> Submit(const admission::UserRequest& request);
    /// Decides, writes and answers what waits.
    virtual void Round(std::span<const admission::UserRequest> requests, const Deliver& deliver);
    virtual Result<admission::CouponView> Change(const admission::OperatorChange& change);
    virtual std::optional<admission::CouponView> See(CouponId coupon) const;

    std::optional<admission::Holding> FindHolding(CouponId coupon, UserId user) const {
        return engine_.FindHolding(coupon, user);
    }
    bool Closed() const { return sequencer_.Closed(); }
    int LogPages() const { return ledger_->LogPages(); }

protected:
    admission::Engine& Engine() { return engine_; }
    ledger::SqliteLedger& Ledger() { return *ledger_; }
    const Clock& Time() const { return clock_; }

private:
    const Clock& clock_;
    std::unique_ptr<ledger::SqliteLedger> ledger_;
    admission::Engine engine_;
    admission::Sequencer sequencer_;
    std::vector<admission::UserReply> replies_;
};

}  // namespace coupon::simulation
