#include "load/request_source.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/check.h"

namespace coupon::load {
namespace {

constexpr std::string_view kBodyHead = R"({"userId":)";

/// Spreads consecutive numbers over all of 64 bits (the finaliser of splitmix64), so that a
/// coupon's share does not follow the order of users.
std::uint64_t Mix(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15;
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
}

}  // namespace

ClaimSource::ClaimSource(const std::vector<WeightedCoupon>& coupons, UserRange users,
                         std::string_view host)
    : users_(users) {
    CHECK(!coupons.empty() && users.first > 0 && users.count >= 0);
    for (const auto& [coupon, weight] : coupons) {
        CHECK(weight > 0);
        weights_ += weight;
        heads_.push_back({.coupon = coupon,
                          .weight_end = weights_,
                          .text = "POST /v1/coupons/" + std::to_string(coupon.value) +
                                  "/claims HTTP/1.1\r\nHost: " + std::string(host) +
                                  "\r\nContent-Type: application/json\r\nContent-Length: "});
    }
}

bool ClaimSource::Make(std::uint64_t number, Request& request) const {
    auto offset = number;
    if (users_.count > 0) {
        const auto count = static_cast<std::uint64_t>(users_.count);
        if (!users_.repeat && number >= count) return false;
        offset = number % count;
    }
    const Head* head = heads_.data();
    if (heads_.size() > 1) {
        const std::uint64_t drawn = Mix(number) % weights_;
        head = &*std::ranges::upper_bound(heads_, drawn, {}, &Head::weight_end);
    }
    request.coupon = head->coupon;
    request.user = UserId(users_.first + static_cast<std::int64_t>(offset));
    std::array<char, 24> digits{};
    const auto user =
        std::to_chars(digits.data(), digits.data() + digits.size(), request.user.value);
    const std::string_view user_text(digits.data(), user.ptr);
    std::array<char, 4> length_digits{};
    const auto length =
        std::to_chars(length_digits.data(), length_digits.data() + length_digits.size(),
                      kBodyHead.size() + user_text.size() + 1);
    request.bytes.assign(head->text)
        .append(length_digits.data(), length.ptr)
        .append("\r\n\r\n")
        .append(kBodyHead)
        .append(user_text)
        .append("}");
    return true;
}

}  // namespace coupon::load
