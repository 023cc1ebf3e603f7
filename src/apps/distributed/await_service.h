#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#include "common/error.h"
#include "common/limits_distributed.h"
#include "common/log.h"

namespace coupon {

/// How long a service is waited for at a start, and how often it is tried.
struct Patience {
    std::chrono::milliseconds whole = limits::kServicesAwaitedAtStart;
    std::chrono::milliseconds between{250};
};

/// Calls `open` until it returns something else than kUnavailable, for `patience.whole`; then the
/// last error, with the name of the service. Says once that it waits. Blocking.
template <class Open>
std::invoke_result_t<Open&> AwaitService(std::string_view service, const Logger& log, Open open,
                                         const Patience& patience = {}) {
    const auto until = std::chrono::steady_clock::now() + patience.whole;
    for (bool first = true;; first = false) {
        auto opened = open();
        if (opened || opened.error().code != ErrorCode::kUnavailable) return opened;
        if (std::chrono::steady_clock::now() + patience.between >= until) {
            opened.error().detail = std::string(service) + ": " + opened.error().detail;
            return opened;
        }
        if (first) {
            log.Warning("waiting for a service",
                        {{"service", service}, {"why", Describe(opened.error())}});
        }
        std::this_thread::sleep_for(patience.between);
    }
}

}  // namespace coupon
