#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/limits_distributed.h"

namespace coupon::ledger {

class MysqlPool;

/// Why an admitted claim could not be written.
enum class DeadLetterReason : std::uint8_t {
    kLostEpoch,      ///< admitted by a state that was rebuilt without it
    kConflict,       ///< the user or the sequence has another row
    kInvalid,        ///< the table refuses the row
    kUnknownCoupon,  ///< the ledger has no such coupon
    kNoStock,        ///< beyond the coupon's total quantity
};
enum class DeadLetterStatus : std::uint8_t { kOpen, kRetried, kDropped };

/// "lost_epoch", "conflict", "invalid", "unknown_coupon", "no_stock"; "open", "retried", "dropped":
/// the words of the table, the API and the metrics.
std::string_view ToString(DeadLetterReason reason);
std::string_view ToString(DeadLetterStatus status);
std::optional<DeadLetterReason> ParseDeadLetterReason(std::string_view text);
std::optional<DeadLetterStatus> ParseDeadLetterStatus(std::string_view text);

/// One admitted claim that is not in the ledger.
struct DeadLetter {
    std::int64_t id = 0;
    CouponId coupon_id;
    UserId user_id;
    Sequence sequence;
    std::int64_t epoch = 0;
    WallTime issued_at;
    DeadLetterReason reason = DeadLetterReason::kInvalid;
    std::string detail;
    DeadLetterStatus status = DeadLetterStatus::kOpen;
    WallTime created_at;

    bool operator==(const DeadLetter&) const = default;
};

/// The claims that could not be written, for an operator to look at. May be used by several
/// threads: each call takes a connection of the pool; blocks. Errors: kUnavailable, retry_is_safe,
/// with applied kNo, or kUnknown when a reply was lost; kStorageFull; kDamaged for a word in the
/// table that this program does not know.
class MysqlDeadLetters {
public:
    explicit MysqlDeadLetters(MysqlPool& pool) : pool_(pool) {}

    /// One transaction, durable on success. Of each letter, id, status and created_at are not
    /// looked at. Adding a letter again (same coupon, user, sequence and epoch) is a no-op; one
    /// whose status is kRetried becomes kOpen again with the new reason and detail, because the
    /// retry has failed. A detail beyond limits::kDeadLetterDetailBytesMax is cut; an issued_at
    /// outside the times that have a text is moved to the nearer end.
    Result<void> Add(std::span<const DeadLetter> letters);

    /// By id, ascending, above `after`; nullopt = every status.
    Result<std::vector<DeadLetter>> List(std::int64_t after, std::size_t limit,
                                         std::optional<DeadLetterStatus> status);
    Result<std::optional<DeadLetter>> Find(std::int64_t id);

    /// False: there is no such letter, or its status is not `from`. Of several callers one gets
    /// true.
    Result<bool> SetStatus(std::int64_t id, DeadLetterStatus from, DeadLetterStatus to);

private:
    MysqlPool& pool_;
};

}  // namespace coupon::ledger
