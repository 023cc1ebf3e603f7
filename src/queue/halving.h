#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/check.h"

namespace coupon::queue {

/// A part of a batch.
struct Range {
    std::size_t begin = 0;
    std::size_t count = 0;

    bool operator==(const Range&) const = default;
};

/// Finds the claims of a batch that can never succeed: the whole is tried, and what fails is halved
/// until one claim is left. One bad claim among n costs at most 2 * log2(n) + 1 transactions, and
/// the others get through. Parts come in the order of the batch. Pure; confined to one thread.
class Halving {
public:
    explicit Halving(std::size_t count) {
        if (count > 0) open_.push_back({0, count});
    }

    /// What to try next; nullopt: everything is done.
    std::optional<Range> Next() const {
        if (open_.empty()) return std::nullopt;
        return open_.back();
    }
    /// Next() is settled.
    void Done() { open_.pop_back(); }
    /// Next() failed, and has more than one claim (CHECK): its halves instead.
    void Halve() {
        const Range whole = open_.back();
        CHECK(whole.count > 1);
        open_.pop_back();
        const std::size_t left = whole.count / 2;
        open_.push_back({whole.begin + left, whole.count - left});
        open_.push_back({whole.begin, left});
    }

private:
    std::vector<Range> open_;  ///< the next one last
};

}  // namespace coupon::queue
