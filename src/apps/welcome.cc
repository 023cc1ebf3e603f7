#include "apps/welcome.h"

#include <fmt/format.h>

namespace coupon {

std::string WelcomeText(std::uint16_t port) {
    return fmt::format(R"(
coupon-api serves on http://127.0.0.1:{0}. Coupon 1 has 10,000 in stock and is open for a day. Try, in another terminal:

  claim it:         curl -i http://127.0.0.1:{0}/v1/coupons/1/claims -H 'content-type: application/json' -d '{{"userId":42}}'
  claim it again:   the same: 409, with the claim you hold
  watch the stock:  curl -s http://127.0.0.1:{0}/v1/coupons/1
  metrics:          curl -s http://127.0.0.1:{0}/metrics | grep coupon_
  operate it:       build/release/couponctl --url http://127.0.0.1:{0} list
  stop:             Ctrl-C here; everything that was answered is kept

)",
                       port);
}

}  // namespace coupon
