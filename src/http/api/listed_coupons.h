#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admission/admission.h"

namespace coupon::http::api {

/// Knows the coupons it was given and nothing else.
class ListedCoupons final : public admission::HolderReader {
public:
    explicit ListedCoupons(std::vector<admission::CouponView> coupons)
        : coupons_(std::move(coupons)) {}

    std::optional<admission::CouponView> FindCoupon(CouponId) const override { return {}; }
    std::vector<admission::CouponView> ListCoupons(CouponId after,
                                                   std::size_t limit) const override {
        std::vector<admission::CouponView> page;
        for (const auto& view : coupons_) {
            if (view.coupon.id > after && page.size() < limit) page.push_back(view);
        }
        return page;
    }
    std::optional<admission::Holding> FindHolding(CouponId, UserId) const override { return {}; }
    std::vector<admission::Holding> HoldingsOf(UserId) const override { return {}; }
    std::optional<std::string> Unavailable() const override { return unavailable_; }

    void SetUnavailable(std::string why) { unavailable_ = std::move(why); }

private:
    std::vector<admission::CouponView> coupons_;
    std::optional<std::string> unavailable_;
};

}  // namespace coupon::http::api
