#include "apps/demo_coupon.h"

#include <future>
#include <string_view>
#include <utility>

namespace coupon {
namespace {

constexpr std::string_view kDemoName = "Demo: first come, first served";

Coupon DemoCoupon(WallTime now) {
    Coupon demo;
    demo.name = kDemoName;
    demo.total_quantity = kDemoStock;
    demo.discount_price = Money{1'000};
    demo.minimum_price = Money{10'000};
    demo.issue_start = now;
    demo.issue_end = now + kDemoWindow;
    return demo;
}

Result<void> Apply(admission::Admission& admission, admission::OperatorChange change) {
    std::promise<Result<admission::CouponView>> applied;
    admission.Apply(std::move(change), [&](Result<admission::CouponView> result) {
        applied.set_value(std::move(result));
    });
    const auto result = applied.get_future().get();
    if (!result) return std::unexpected(result.error());
    return {};
}

}  // namespace

Result<void> OpenDemoCoupon(admission::Admission& admission, WallTime now) {
    const auto first = admission.Reader().FindCoupon(CouponId{1});
    if (!first) return Apply(admission, admission::CreateCoupon{DemoCoupon(now)});
    if (first->coupon.name != kDemoName || now < first->coupon.issue_end) return {};
    return Apply(admission,
                 admission::UpdateCoupon{
                     .id = CouponId{1}, .name = {}, .issue_end = now + kDemoWindow, .state = {}});
}

}  // namespace coupon
