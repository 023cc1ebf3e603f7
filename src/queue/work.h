#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.h"
#include "queue/queued_entry.h"

namespace coupon::queue {

/// What a writer does for one coupon.
struct Work {
    enum class Kind : std::uint8_t {
        kLoad,         ///< bring the admission state into Redis
        kWrite,        ///< `entries` into the ledger, then off the stream
        kAcknowledge,  ///< `written` off the stream: an acknowledgement was refused before
    };
    Kind kind = Kind::kWrite;
    CouponId coupon = {};
    std::string run = {};  ///< Redis process that the entries were read from
    std::int64_t epoch = 0;  ///< of the admission state they were read beside
    std::vector<QueuedEntry> entries = {};
    std::vector<EntryAck> written = {};
};

/// What became of it.
struct WorkResult {
    std::optional<Work> again = {};  ///< it failed: what is left of it, to be done after a pause
    /// Entries may wait among the pending ones that nobody holds: read those again.
    bool reread = false;
};

}  // namespace coupon::queue
