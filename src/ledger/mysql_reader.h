#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/coupon.h"
#include "common/error.h"
#include "common/limits_distributed.h"
#include "ledger/issuance_row.h"

namespace coupon::ledger {

class MysqlPool;

/// Counted over the rows of one coupon, at one moment.
struct IssuanceCounts {
    std::int64_t rows = 0;
    std::int64_t distinct_users = 0;
    Sequence last;  ///< the highest sequence; 0 = no rows

    bool operator==(const IssuanceCounts&) const = default;
};

/// Reads issuances. May be used by several threads: each call takes a connection of the pool;
/// blocks. A coupon that does not exist has no rows. Errors: kUnavailable, retry_is_safe, when the
/// database cannot be asked.
class MysqlReader {
public:
    explicit MysqlReader(MysqlPool& pool) : pool_(pool) {}

    Result<std::optional<IssuanceRow>> FindIssuance(CouponId coupon, UserId user);

    /// Everything the user holds, by coupon id; shadow coupons are left out.
    Result<std::vector<IssuanceRow>> HoldingsOf(UserId user);

    /// Issuances of `coupon` with a sequence above `after` and up to `last`, ascending, at most
    /// `limit`.
    Result<std::vector<IssuanceRow>> Issuances(CouponId coupon, Sequence after, Sequence last,
                                               std::size_t limit);

    /// Every issuance of `coupon` with a sequence above `after`, ascending; read in pieces of
    /// limits::kLedgerRowsPerPiece, so that millions of them need no memory and hold no
    /// transaction open while `visit` works. A row that is added meanwhile may be missed: whoever
    /// needs all of them begins a new epoch first. `visit` may return an error to stop; it is
    /// handed back.
    Result<void> VisitIssuances(CouponId coupon, Sequence after,
                                const std::function<Result<void>(const Issuance&)>& visit);

    /// Reads every row of the coupon: for audits.
    Result<IssuanceCounts> CountIssuances(CouponId coupon);

private:
    MysqlPool& pool_;
};

}  // namespace coupon::ledger
