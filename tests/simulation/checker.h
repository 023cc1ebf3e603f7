#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/history.h"

namespace coupon::simulation {

/// The promises of ARCHITECTURE.md that a history can break.
enum class Promise {
    kNoLostYes,           ///< P1
    kNoOversell,          ///< P2
    kNoSilentUndersell,   ///< P3
    kOnePerUser,          ///< P4
    kFirstComeFirst,      ///< P5
    kHonestUncertainty,   ///< P6
    kFailClosed,          ///< P7
};
/// "P1" to "P7".
std::string_view ToString(Promise promise);

struct Violation {
    Promise promise;
    CouponId coupon;
    UserId user;  ///< 0 when it concerns nobody in particular
    std::string text;
};

/// Holds what was heard against what is stored. Knows the vocabulary of the answers and nothing of
/// who gave them: every rule would hold for any correct service. Sound: it reports only what no
/// order of the concurrent requests can explain; where the fate of a change or claim is not known,
/// every possible one is granted.
std::vector<Violation> Check(const History& history, const Stored& stored);

}  // namespace coupon::simulation
