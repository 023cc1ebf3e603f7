#include "admission/memory_lookup.h"

#include <string>
#include <utility>

namespace coupon::admission {
namespace {

std::unexpected<Error> MayBeShort(std::string why) {
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .operation = "look up",
                                 .applied = Applied::kUnknown,
                                 .retry_is_safe = true,
                                 .detail = std::move(why)});
}

}  // namespace

std::unexpected<Error> NoSuchCoupon() {
    return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                 .operation = "look up",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = "there is no such coupon"});
}

std::optional<Result<std::optional<CouponView>>> MemoryLookup::FindCoupon(CouponId id) const {
    auto view = reader_.FindCoupon(id);
    if (auto why = reader_.Unavailable()) return MayBeShort(*std::move(why));
    return view;
}

std::optional<Result<std::vector<CouponView>>> MemoryLookup::ListCoupons(CouponId after,
                                                                         std::size_t limit) const {
    if (auto why = reader_.Unavailable()) return MayBeShort(*std::move(why));
    return reader_.ListCoupons(after, limit);
}

std::optional<Result<std::optional<ClaimRecord>>> MemoryLookup::FindClaim(CouponId id,
                                                                          UserId user) const {
    using Answer = Result<std::optional<ClaimRecord>>;
    if (const auto holding = reader_.FindHolding(id, user)) {
        if (holding->redeemed) return std::nullopt;
        return Answer(ClaimRecord{.holding = *holding, .redemption = {}});
    }
    const bool no_such_coupon = !reader_.FindCoupon(id);
    if (auto why = reader_.Unavailable()) return Answer(MayBeShort(*std::move(why)));
    if (no_such_coupon) return Answer(NoSuchCoupon());
    return Answer(std::nullopt);
}

Result<std::vector<ClaimRecord>> MemoryLookup::HoldingsOf(UserId user) const {
    if (auto why = reader_.Unavailable()) return MayBeShort(*std::move(why));
    std::vector<ClaimRecord> records;
    for (const Holding& holding : reader_.HoldingsOf(user)) {
        records.push_back({.holding = holding, .redemption = {}});
    }
    return records;
}

}  // namespace coupon::admission
