#include <cstddef>
#include <exception>
#include <iostream>
#include <span>

#include "apps/ctl/command_line.h"
#include "common/exit_code.h"

int main(int count, char** words) {
    try {
        return coupon::ctl::RunCouponctl({words, static_cast<std::size_t>(count)}, COUPON_VERSION,
                                         {.out = std::cout, .error = std::cerr});
    } catch (const std::exception& error) {  // no memory, no locale: nothing a command expects
        std::cerr << "couponctl: " << error.what() << '\n';
        return coupon::kExitUnavailable;
    }
}
