#include <fmt/format.h>

#include <memory>
#include <utility>
#include <variant>

#include "admission/engine.h"
#include "admission/engine_rules.h"
#include "common/check.h"
#include "common/coupon_rules.h"
#include "common/limits.h"
#include "common/time_format.h"

namespace coupon::admission {
namespace {

std::unexpected<Error> NoSuchCoupon(CouponId id) {
    return ChangeRefused(ErrorCode::kNotFound, fmt::format("there is no coupon {}", id.value));
}

}  // namespace

Result<Engine::PlannedChange> Engine::Plan(const OperatorChange& change, WallTime now) const {
    CHECK(StageIsEmpty());
    return std::visit([&](const auto& one) { return PlanOne(one, now); }, change);
}

Result<Engine::PlannedChange> Engine::PlanOne(const CreateCoupon& create, WallTime now) const {
    const CouponId id{coupons_.LastId().value + 1};
    if (id.value > limits::kCouponsMax) {
        return ChangeRefused(ErrorCode::kConflict,
                             fmt::format("{} coupons exist already", limits::kCouponsMax));
    }
    PlannedChange planned{.coupon = create.coupon, .action = "create", .detail = {}};
    planned.coupon.id = id;
    planned.coupon.created_at = now;
    planned.coupon.updated_at = now;
    if (auto valid = ValidateCoupon(planned.coupon); !valid) return std::unexpected(valid.error());
    planned.detail = planned.coupon.total_quantity
                         ? fmt::format("total {}", *planned.coupon.total_quantity)
                         : std::string("unlimited");
    return planned;
}

Result<Engine::PlannedChange> Engine::PlanOne(const UpdateCoupon& update, WallTime now) const {
    auto planned =
        PlanEdit(update.id,
                 {.name = update.name, .issue_end = update.issue_end, .state = update.state}, now);
    if (!planned) return planned;
    const Coupon& before = *coupons_.Find(update.id)->record.load(std::memory_order_relaxed);
    planned->action = "update";
    const auto note = [&](const std::string& what) {
        planned->detail += planned->detail.empty() ? what : ", " + what;
    };
    if (update.name) note(fmt::format("name to '{}'", *update.name));
    if (update.issue_end) {
        note(fmt::format("end {} -> {}", FormatRfc3339(before.issue_end),
                         FormatRfc3339(*update.issue_end)));
    }
    if (update.state) {
        note(fmt::format("state {} -> {}", ToString(before.state), ToString(*update.state)));
    }
    return planned;
}

Result<Engine::PlannedChange> Engine::PlanOne(const ChangeStock& change, WallTime now) const {
    if (change.delta == 0 && coupons_.Find(change.id) != nullptr) {
        return InvalidArgument("delta", "delta must not be 0");
    }
    auto planned = PlanEdit(change.id, {.stock_delta = change.delta}, now);
    if (!planned) return planned;
    planned->action = "stock";
    const std::int64_t total = *planned->coupon.total_quantity;
    planned->detail = fmt::format("total {} -> {}", total - change.delta, total);
    return planned;
}

Result<Engine::PlannedChange> Engine::PlanEdit(CouponId id, const CouponEdit& edit,
                                               WallTime now) const {
    const CouponEntry* entry = coupons_.Find(id);
    if (entry == nullptr) return NoSuchCoupon(id);
    auto after = EditedCoupon(*entry->record.load(std::memory_order_relaxed),
                              entry->issued.load(std::memory_order_relaxed), edit);
    if (!after) return std::unexpected(std::move(after.error()));
    after->updated_at = now;
    return PlannedChange{.coupon = *std::move(after), .action = {}, .detail = {}};
}

void Engine::Apply(const PlannedChange& change) {
    CHECK(StageIsEmpty());
    CouponEntry* entry = coupons_.Find(change.coupon.id);
    if (entry == nullptr) {
        AddEntry(change.coupon, 0);
        return;
    }
    const Coupon* old =
        entry->record.exchange(new Coupon(change.coupon), std::memory_order_seq_cst);
    reclaimer_.Retire([old] { delete old; });
}

}  // namespace coupon::admission
