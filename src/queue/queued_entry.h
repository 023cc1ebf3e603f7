#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/coupon.h"

namespace coupon::queue {

/// One entry of a coupon's stream of accepted claims, read and not acknowledged.
struct QueuedEntry {
    std::string id = {};  ///< the stream's
    std::int64_t epoch = 0;  ///< under which it was admitted
    std::vector<Issuance> claims = {};  ///< by sequence, without a gap
};

/// An entry to take off the stream: its claims are in the ledger or among the dead letters.
struct EntryAck {
    std::string id;
    std::size_t claims = 0;

    bool operator==(const EntryAck&) const = default;
};

}  // namespace coupon::queue
