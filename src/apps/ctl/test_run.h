#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "apps/ctl/command_line.h"

namespace coupon::ctl {

/// What a run of couponctl left behind.
struct Finished {
    int code = 0;
    std::string out;
    std::string error;
};

/// For tests: the program as a function, version "9.8.7". `words` come after its name.
inline Finished Couponctl(const std::vector<std::string>& words) {
    std::vector<const char*> arguments = {"couponctl"};
    for (const std::string& word : words) arguments.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream error;
    const int code = RunCouponctl(arguments, "9.8.7", {.out = out, .error = error});
    return {.code = code, .out = out.str(), .error = error.str()};
}

}  // namespace coupon::ctl
