#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/coupon.h"
#include "common/error.h"
#include "ledger/mysql_dead_letters.h"
#include "ledger/mysql_issuance_writer.h"

namespace coupon::queue {

// What to do about what the ledger said. Pure; any thread.

enum class NextStep : std::uint8_t {
    kAcknowledge,  ///< in the ledger; what the report names as conflicts goes to the dead letters
    kRetry,  ///< nothing is known to be wrong with the claims: all of it again, later
    kHalve,  ///< one of them is bad: try the halves
    kSetAside,  ///< none of them can succeed: dead letters
    kShareStock,  ///< more than the stock: the first ones that fit, the others to the dead letters
    kReload,  ///< the epoch is another: ask the admission state about each of them
};

struct Decision {
    NextStep step = NextStep::kRetry;
    ledger::DeadLetterReason reason = ledger::DeadLetterReason::kInvalid;  ///< kSetAside

    bool operator==(const Decision&) const = default;
};

/// `count`: claims that were given to the writer, at least 1.
Decision Decide(const Result<ledger::WriteReport>& report, std::size_t count);

/// Why, for the operator: "user 7 has sequence 3 since ..., sequence 5 is user 9's".
std::string DescribeConflict(const ledger::RowConflict& conflict);

/// A claim as a dead letter.
ledger::DeadLetter LetterOf(const Issuance& claim, std::int64_t epoch,
                            ledger::DeadLetterReason reason, std::string detail);

/// "ID EPOCH SEQ-SEQ,SEQ-SEQ,...": what is published after a COMMIT. The claims in ranges of
/// consecutive sequences, in any order; empty without claims.
std::string Announcement(CouponId coupon, std::int64_t epoch, std::span<const Issuance> claims);

/// What fits into `room`: claims that the ledger has already (`is_there`, one a claim) need none,
/// the others have it in the order of their sequences.
struct StockShares {
    std::vector<Issuance> fit;
    std::vector<Issuance> beyond;
};
StockShares ShareStock(std::span<const Issuance> claims, const std::vector<bool>& is_there,
                       std::int64_t room);

}  // namespace coupon::queue
