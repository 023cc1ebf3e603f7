#include "tests/simulation/checker.h"

#include <array>

#include "tests/simulation/checker_index.h"

namespace coupon::simulation {

std::string_view ToString(Promise promise) {
    constexpr std::array<std::string_view, 7> kNames = {"P1", "P2", "P3", "P4", "P5", "P6", "P7"};
    return kNames[static_cast<std::size_t>(promise)];
}

std::vector<Violation> Check(const History& history, const Stored& stored) {
    const Index index(history, stored);
    std::vector<Violation> found;
    CheckRows(index, stored, found);
    CheckOrder(index, found);
    CheckAnswers(index, found);
    return found;
}

}  // namespace coupon::simulation
