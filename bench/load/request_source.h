#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"

namespace coupon::load {

/// A request as bytes, and whose it is. Reused from one request to the next.
struct Request {
    CouponId coupon;
    UserId user;
    std::string bytes;  ///< head and body, at most kRequestBytesMax
};

/// Small enough that a socket without unsent bytes takes it whole.
inline constexpr std::size_t kRequestBytesMax = 2048;

/// What a class asks. Immutable: all threads use one, each with numbers of its own.
class RequestSource {
public:
    RequestSource() = default;
    RequestSource(const RequestSource&) = delete;
    RequestSource& operator=(const RequestSource&) = delete;
    virtual ~RequestSource() = default;

    /// Makes request `number` (from 0) of the class. False: there are only `number` or fewer, and
    /// the class ends. The same number always gives the same request. Does not block.
    virtual bool Make(std::uint64_t number, Request& request) const = 0;
};

/// Which users claim.
struct UserRange {
    std::int64_t first = 1;
    std::int64_t count = 0;  ///< 0 = no end
    bool repeat = false;  ///< after the last begin again; else the class ends there
};

/// `POST /v1/coupons/{id}/claims {"userId":n}`: user `first + number`, the coupon drawn by weight.
class ClaimSource final : public RequestSource {
public:
    struct WeightedCoupon {
        CouponId coupon;
        std::uint32_t weight = 1;
    };

    /// At least one coupon, no weight of 0, users within 1 to 2^63-1 (all CHECKed). `host` is what
    /// the Host field says.
    ClaimSource(const std::vector<WeightedCoupon>& coupons, UserRange users, std::string_view host);

    bool Make(std::uint64_t number, Request& request) const override;

private:
    struct Head {
        CouponId coupon;
        std::uint64_t weight_end = 0;  ///< sum of the weights up to and with this one
        std::string text;  ///< up to "Content-Length: "
    };

    std::vector<Head> heads_;
    UserRange users_;
    std::uint64_t weights_ = 0;
};

}  // namespace coupon::load
