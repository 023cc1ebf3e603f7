#include "tests/simulation/service.h"

#include "admission/restore.h"

namespace coupon::simulation {
namespace {

constexpr std::uint64_t kHashSeed = 1;  // any, but always the same

}  // namespace

Service::Service(std::unique_ptr<ledger::SqliteLedger> ledger, const Clock& clock)
    : clock_(clock),
      ledger_(std::move(ledger)),
      engine_(kHashSeed),
      sequencer_(engine_, *ledger_, clock) {}

Result<void> Service::Restore() { return admission::RestoreEngine(engine_, *ledger_); }

std::optional<admission::UserReply> Service::Submit(const admission::UserRequest& request) {
    return sequencer_.AnswerAtOnce(request);
}

void Service::Round(std::span<const admission::UserRequest> requests, const Deliver& deliver) {
    sequencer_.Process(requests, replies_);
    deliver(replies_);
}

Result<admission::CouponView> Service::Change(const admission::OperatorChange& change) {
    return sequencer_.Process(change);
}

std::optional<admission::CouponView> Service::See(CouponId coupon) const {
    return engine_.FindCoupon(coupon);
}

}  // namespace coupon::simulation
