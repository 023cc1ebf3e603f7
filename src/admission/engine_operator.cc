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
    const CouponEntry* entry = coupons_.Find(update.id);
    if (entry == nullptr) return NoSuchCoupon(update.id);
    const Coupon& before = *entry->record.load(std::memory_order_relaxed);
    PlannedChange planned{.coupon = before, .action = "update", .detail = {}};
    const auto note = [&](const std::string& what) {
        planned.detail += planned.detail.empty() ? what : ", " + what;
    };
    if (update.name) {
        planned.coupon.name = *update.name;
        note(fmt::format("name to '{}'", *update.name));
    }
    if (update.issue_end) {
        planned.coupon.issue_end = *update.issue_end;
        note(fmt::format("end {} -> {}", FormatRfc3339(before.issue_end),
                         FormatRfc3339(*update.issue_end)));
    }
    if (update.state) {
        if (before.state == CouponState::kClosed && *update.state != CouponState::kClosed) {
            return ChangeRefused(ErrorCode::kConflict, "a closed coupon stays closed");
        }
        planned.coupon.state = *update.state;
        note(fmt::format("state {} -> {}", ToString(before.state), ToString(*update.state)));
    }
    planned.coupon.updated_at = now;
    if (auto valid = ValidateCoupon(planned.coupon); !valid) return std::unexpected(valid.error());
    return planned;
}

Result<Engine::PlannedChange> Engine::PlanOne(const ChangeStock& change, WallTime now) const {
    const CouponEntry* entry = coupons_.Find(change.id);
    if (entry == nullptr) return NoSuchCoupon(change.id);
    const Coupon& before = *entry->record.load(std::memory_order_relaxed);
    if (change.delta == 0) return InvalidArgument("delta", "delta must not be 0");
    if (!before.total_quantity) {
        return ChangeRefused(ErrorCode::kConflict,
                             "the coupon is unlimited: it has no stock to change");
    }
    const std::int64_t total = *before.total_quantity;
    if (change.delta > limits::kSequenceMax - total) {
        return InvalidArgument(
            "delta",

            fmt::format("delta would lift the stock above {}", limits::kSequenceMax));
    }
    const std::int64_t issued = entry->issued.load(std::memory_order_relaxed);
    if (change.delta < issued - total) {
        return ChangeRefused(ErrorCode::kConflict,
                             fmt::format("{} of {} are issued: the stock can be cut by {} at most",
                                         issued, total, total - issued));
    }
    PlannedChange planned{.coupon = before, .action = "stock", .detail = {}};
    planned.coupon.total_quantity = total + change.delta;
    planned.coupon.updated_at = now;
    planned.detail = fmt::format("total {} -> {}", total, total + change.delta);
    return planned;
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
