#include "apps/welcome.h"

#include <fmt/format.h>

namespace coupon {

std::string WelcomeText(std::uint16_t port, std::int64_t stock, std::chrono::hours window) {
    return fmt::format(R"(
coupon-api serves on http://127.0.0.1:{0}.
Coupon 1, new, has {1} in stock and is open for {2} hours. Try, in another terminal:

  claim it:         curl -i --json '{{"userId":42}}' http://127.0.0.1:{0}/v1/coupons/1/claims
  claim it again:   the same: 409, with the claim you hold
  watch the stock:  curl -s http://127.0.0.1:{0}/v1/coupons/1
  metrics:          curl -s http://127.0.0.1:{0}/metrics | grep coupon_
  operate it:       build/release/couponctl --url http://127.0.0.1:{0} list
  stop:             Ctrl-C here; everything that was answered is kept
  begin anew:       stop it and remove the data folder

)",
                       port, stock, window.count());
}

}  // namespace coupon
