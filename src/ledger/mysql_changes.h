#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/coupon.h"
#include "common/coupon_edit.h"
#include "common/error.h"
#include "common/limits_distributed.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_pool.h"

namespace coupon::ledger {

using coupon::CouponEdit;

/// How far an operator's change has come.
enum class ChangeStatus : std::uint8_t {
    kPending,  ///< meant, nothing in the ledger
    kLedgerDone,  ///< the coupon's row has it; Redis may not
    kDone,  ///< everywhere
    kRefused,  ///< nowhere
};
/// "pending", "ledger_done", "done", "refused".
std::string_view ToString(ChangeStatus status);

/// An operator's change, written down before it is applied anywhere.
struct CouponIntent {
    std::int64_t id = 0;  ///< ascending over all coupons
    CouponId coupon;
    CouponEdit edit;
    ChangeStatus status = ChangeStatus::kPending;
    std::string by;
    WallTime at;  ///< when it was written down, by the database's clock
    std::string reason;  ///< why it was refused
};

/// The exclusive right to change one coupon, over all processes: a named lock of the server, held
/// by a connection of its own. It ends with the object (which closes the connection), with the
/// process, with the connection, and after limits::kMysqlTurnIdle without a word. Everything that
/// needs a turn runs on its connection: who has lost the turn cannot write. Confined to one thread
/// at a time.
class Turn {
public:
    Turn(Turn&& other) noexcept
        : lease_(std::exchange(other.lease_, std::nullopt)), coupon_(other.coupon_) {}
    Turn& operator=(Turn&& other) noexcept;
    ~Turn();

    CouponId Coupon() const { return coupon_; }
    MysqlConnection& Connection() { return **lease_; }

private:
    friend class MysqlChanges;
    Turn(MysqlLease lease, CouponId coupon) : lease_(std::move(lease)), coupon_(coupon) {}
    void End();

    std::optional<MysqlLease> lease_;  ///< none once moved away
    CouponId coupon_;
};

/// Operators' changes to coupons. Thread-safe; blocking. Errors: as MysqlCoupons; of calls with a
/// turn also kUnavailable when the turn is lost.
class MysqlChanges {
public:
    explicit MysqlChanges(MysqlPool& pool) : pool_(pool) {}

    /// kUnavailable, retry is safe: another had it for longer than `patience` (rounded up to whole
    /// seconds).
    Result<Turn> TakeTurn(CouponId coupon, std::chrono::milliseconds patience);

    /// The coupon's changes that are pending or done in the ledger only, by id. Who begins a change
    /// finishes these first.
    Result<std::vector<CouponIntent>> Unfinished(Turn& turn);
    /// Writes the change down as pending. `by` is cut to limits::kChangedByCharactersMax. With a
    /// `request_id` that is there already (empty: none; at most limits::kRequestIdBytesMax bytes):
    /// the existing change, whatever its status. Errors, nothing written: kNotFound, no such
    /// coupon; those of EditedCoupon; kInvalidArgument, a wrong request id; kConflict, it belongs
    /// to another change. Applied kUnknown: look at Unfinished, or do it again with the same
    /// request id.
    Result<CouponIntent> Begin(Turn& turn, const CouponEdit& edit, std::string_view by,
                               std::string_view request_id);
    /// One transaction: the coupon's row, its last_change and the status kLedgerDone. Of a change
    /// that is applied already: nothing, and the coupon as it is. Errors: those of EditedCoupon;
    /// kConflict as well for a refused change and for one that comes after a later one. Applied
    /// kUnknown: do it again.
    Result<LedgerCoupon> ApplyToLedger(Turn& turn, const CouponIntent& intent);
    /// The same, of a change that was applied to the admission state of `epoch` first. nullopt,
    /// nothing done: the coupon has another epoch, so its state was read from this row, without the
    /// change, and may admit what the change forbids. Apply it to the new state, and ask again.
    Result<std::optional<LedgerCoupon>> ApplyToLedgerInEpoch(Turn& turn, const CouponIntent& intent,
                                                             std::int64_t epoch);
    /// kDone of what is kLedgerDone, kRefused of what is pending; once more is harmless. `reason`
    /// is cut to limits::kChangeReasonCharactersMax. kConflict: it cannot come to that any more.
    Result<void> Finish(Turn& turn, const CouponIntent& intent, ChangeStatus status,
                        std::string_view reason);

    /// Coupons with unfinished changes, for a reconciler; the changes of an operator at work are
    /// among them, so take the turn and look again.
    Result<std::vector<CouponId>> WithUnfinished();

private:
    Result<std::optional<LedgerCoupon>> Apply(Turn& turn, const CouponIntent& intent,
                                              std::optional<std::int64_t> epoch);

    MysqlPool& pool_;
};

}  // namespace coupon::ledger
