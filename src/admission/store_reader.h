#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/engine.h"
#include "admission/sequencer.h"

namespace coupon::admission {

/// What the engine knows, and why the writer is closed. Any thread.
class StoreReader final : public HolderReader {
public:
    /// Both must outlive it.
    StoreReader(const Engine& engine, const Sequencer& sequencer)
        : engine_(engine), sequencer_(sequencer) {}

    std::optional<CouponView> FindCoupon(CouponId id) const override {
        return engine_.FindCoupon(id);
    }
    std::vector<CouponView> ListCoupons(CouponId after, std::size_t limit) const override {
        return engine_.ListCoupons(after, limit);
    }
    std::optional<Holding> FindHolding(CouponId id, UserId user) const override {
        return engine_.FindHolding(id, user);
    }
    std::vector<Holding> HoldingsOf(UserId user) const override { return engine_.HoldingsOf(user); }
    std::optional<std::string> Unavailable() const override { return sequencer_.WhyClosed(); }

private:
    const Engine& engine_;
    const Sequencer& sequencer_;
};

}  // namespace coupon::admission
