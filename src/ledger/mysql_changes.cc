#include "ledger/mysql_changes.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "common/config_values.h"
#include "common/limits_distributed.h"
#include "common/utf8.h"
#include "ledger/mysql_coupon_row.h"
#include "ledger/mysql_named_lock.h"
#include "ledger/mysql_transaction.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

constexpr std::array<std::string_view, 4> kStatusWords = {"pending", "ledger_done", "done",
                                                          "refused"};
constexpr std::string_view kIntentColumns =
    "id, coupon_id, new_name, new_end, new_state, stock_delta, status, reason, changed_by, "
    "created_at";

std::unexpected<Error> Refused(ErrorCode code, std::string detail) {
    return std::unexpected(Error{.code = code,
                                 .operation = "change coupon",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = code == ErrorCode::kUnavailable,
                                 .detail = std::move(detail)});
}

std::optional<ChangeStatus> ParseStatus(std::string_view word) {
    for (std::size_t i = 0; i < kStatusWords.size(); ++i) {
        if (kStatusWords[i] == word) return static_cast<ChangeStatus>(i);
    }
    return std::nullopt;
}

Result<CouponIntent> ReadIntent(const MysqlRow& row) {
    RowValues values(row);
    CouponIntent intent;
    intent.id = values.Int();
    intent.coupon = CouponId(values.Int());
    intent.edit.name = values.OptionalWord();
    intent.edit.issue_end = values.OptionalTime();
    const std::optional<std::string_view> state = values.OptionalWord();
    if (state) intent.edit.state = ParseCouponState(*state);
    intent.edit.stock_delta = values.Int();
    const std::optional<ChangeStatus> status = ParseStatus(values.Word());
    intent.reason = values.Word();
    intent.by = values.Word();
    intent.at = values.Time();
    if (!values.Fits() || !status || state.has_value() != intent.edit.state.has_value()) {
        return DamagedRow(fmt::format("coupon_change {}: a value cannot be", intent.id));
    }
    intent.status = *status;
    return intent;
}

Result<std::vector<CouponIntent>> SelectIntents(MysqlConnection& connection,
                                                std::string_view where) {
    auto rows = connection.Query(
        fmt::format("SELECT {} FROM coupon_change WHERE {}", kIntentColumns, where));
    if (!rows) return std::unexpected(rows.error());
    std::vector<CouponIntent> intents;
    for (const MysqlRow& row : *rows) {
        auto intent = ReadIntent(row);
        if (!intent) return std::unexpected(intent.error());
        intents.push_back(*std::move(intent));
    }
    return intents;
}

/// The change as it stands now, locked to the end of the transaction.
Result<CouponIntent> LockIntent(MysqlConnection& connection, std::int64_t id, CouponId coupon) {
    auto found = SelectIntents(
        connection, fmt::format("id = {} AND coupon_id = {} FOR UPDATE", id, coupon.value));
    if (!found) return std::unexpected(found.error());
    if (found->size() == 1) return std::move(found->front());
    return Refused(ErrorCode::kNotFound,
                   fmt::format("coupon {} has no change {}", coupon.value, id));
}

Result<void> SetStatus(MysqlConnection& connection, std::int64_t id, ChangeStatus status,
                       std::string_view reason) {
    return connection.Execute(fmt::format(
        "UPDATE coupon_change SET status = '{}', reason = {}, updated_at = UTC_TIMESTAMP(3) WHERE "
        "id = {}",
        ToString(status),
        connection.Quote(CutToCharacters(reason, limits::kChangeReasonCharactersMax)), id));
}

std::string InsertOf(const MysqlConnection& connection, CouponId coupon, const CouponEdit& edit,
                     std::string_view by, std::string_view request_id) {
    return fmt::format(
        "INSERT INTO coupon_change (coupon_id, request_id, kind, new_name, new_end, new_state, "
        "stock_delta, status, changed_by, created_at, updated_at) VALUES ({}, {}, '{}', {}, {}, "
        "{}, {}, 'pending', {}, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
        coupon.value, request_id.empty() ? "NULL" : connection.Quote(request_id),
        edit.stock_delta == 0 ? "update" : "stock",
        edit.name ? connection.Quote(*edit.name) : "NULL", MysqlTime(edit.issue_end),
        edit.state ? connection.Quote(ToString(*edit.state)) : "NULL", edit.stock_delta,
        connection.Quote(CutToCharacters(by, limits::kChangedByCharactersMax)));
}

/// The change that has this request id, which must be the same one; nullopt: none has it.
Result<std::optional<CouponIntent>> Existing(MysqlConnection& connection, CouponId coupon,
                                             const CouponEdit& edit, std::string_view request_id) {
    if (request_id.empty()) return std::nullopt;
    auto found = SelectIntents(connection, "request_id = " + connection.Quote(request_id));
    if (!found) return std::unexpected(found.error());
    if (found->empty()) return std::nullopt;
    if (found->front().coupon == coupon && found->front().edit == edit) {
        return std::move(found->front());
    }
    return Refused(ErrorCode::kConflict, "this request id belongs to another change");
}

/// Whether `intent` may come to `status`; reaching where it stands is no error.
bool MayBecome(const CouponIntent& intent, ChangeStatus status) {
    if (intent.status == status) return true;
    return (status == ChangeStatus::kDone && intent.status == ChangeStatus::kLedgerDone) ||
           (status == ChangeStatus::kRefused && intent.status == ChangeStatus::kPending);
}

Result<void> UpdateCoupon(MysqlConnection& connection, const Coupon& after,
                          std::int64_t last_change) {
    return connection.Execute(fmt::format(
        "UPDATE coupon SET name = {}, issue_end_date = {}, state = '{}', total_quantity = {}, "
        "last_change = {}, updated_at = UTC_TIMESTAMP(3) WHERE id = {}",
        connection.Quote(after.name), MysqlTime(after.issue_end), ToString(after.state),
        MysqlNumber(after.total_quantity), last_change, after.id.value));
}

}  // namespace

std::string_view ToString(ChangeStatus status) {
    return kStatusWords[static_cast<std::size_t>(status)];
}

Turn& Turn::operator=(Turn&& other) noexcept {
    if (this == &other) return *this;
    End();
    lease_ = std::exchange(other.lease_, std::nullopt);
    coupon_ = other.coupon_;
    return *this;
}

Turn::~Turn() { End(); }

void Turn::End() {
    // The server frees the lock when the connection goes. Asking it to would be a wait in here.
    if (lease_) (*lease_)->SetBroken();
    lease_.reset();
}

Result<Turn> MysqlChanges::TakeTurn(CouponId coupon, std::chrono::milliseconds patience) {
    auto lease = pool_.Take();
    if (!lease) return std::unexpected(lease.error());
    Turn turn(*std::move(lease), coupon);
    // Names are the server's, not the database's, and have 64 characters at most.
    const std::string name =
        fmt::format("CONCAT('coupon_turn_', LEFT(SHA1(DATABASE()), 16), '_{}')", coupon.value);
    auto taken = TakeNamedLock(turn.Connection(), name, patience);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken) {
        return Refused(ErrorCode::kUnavailable,
                       fmt::format("another changes coupon {} for longer than {}", coupon.value,
                                   FormatConfigDuration(patience)));
    }
    // A machine that vanishes must not keep the turn until its connection is missed.
    auto bounded = turn.Connection().Execute(
        fmt::format("SET SESSION wait_timeout = {}", limits::kMysqlTurnIdle.count()));
    if (!bounded) return std::unexpected(bounded.error());
    return turn;
}

Result<std::vector<CouponIntent>> MysqlChanges::Unfinished(Turn& turn) {
    return SelectIntents(
        turn.Connection(),
        fmt::format("status IN ('pending', 'ledger_done') AND coupon_id = {} ORDER BY id",
                    turn.Coupon().value));
}

Result<CouponIntent> MysqlChanges::Begin(Turn& turn, const CouponEdit& edit, std::string_view by,
                                         std::string_view request_id) {
    if (request_id.size() > limits::kRequestIdBytesMax ||
        CountCodePoints(request_id) == std::nullopt) {
        return InvalidArgument("requestId", fmt::format("a request id has at most {} bytes of text",
                                                        limits::kRequestIdBytesMax));
    }
    const CouponId coupon = turn.Coupon();
    MysqlConnection& own = turn.Connection();
    return InTransaction(own, [&](MysqlConnection& connection) -> Result<CouponIntent> {
        // Before the rules: a change that was applied may break them a second time.
        auto existing = Existing(connection, coupon, edit, request_id);
        if (!existing) return std::unexpected(existing.error());
        if (*existing) return **std::move(existing);
        const auto before = SelectLedgerCoupon(connection, coupon, RowLock::kNone);
        if (!before) return std::unexpected(before.error());
        if (auto after = EditedCoupon(before->coupon, before->issued, edit); !after) {
            return std::unexpected(after.error());
        }
        auto noted = connection.Execute(InsertOf(connection, coupon, edit, by, request_id));
        if (!noted) return std::unexpected(noted.error());
        return LockIntent(connection, connection.LastInsertId(), coupon);
    });
}

Result<LedgerCoupon> MysqlChanges::ApplyToLedger(Turn& turn, const CouponIntent& intent) {
    auto applied = Apply(turn, intent, std::nullopt);
    if (!applied) return std::unexpected(std::move(applied.error()));
    return **std::move(applied);
}

Result<std::optional<LedgerCoupon>> MysqlChanges::ApplyToLedgerInEpoch(Turn& turn,
                                                                       const CouponIntent& intent,
                                                                       std::int64_t epoch) {
    return Apply(turn, intent, epoch);
}

// The row is locked: who begins an epoch reads the change, or has begun it before.
Result<std::optional<LedgerCoupon>> MysqlChanges::Apply(Turn& turn, const CouponIntent& intent,
                                                        std::optional<std::int64_t> epoch) {
    using Applied = std::optional<LedgerCoupon>;
    MysqlConnection& own = turn.Connection();
    return InTransaction(own, [&](MysqlConnection& connection) -> Result<Applied> {
        auto coupon = SelectLedgerCoupon(connection, turn.Coupon(), RowLock::kForUpdate);
        if (!coupon) return coupon;
        const auto stored = LockIntent(connection, intent.id, turn.Coupon());
        if (!stored) return std::unexpected(stored.error());
        switch (stored->status) {
            case ChangeStatus::kPending: break;
            case ChangeStatus::kLedgerDone:
            case ChangeStatus::kDone: return coupon;
            case ChangeStatus::kRefused:
                return Refused(ErrorCode::kConflict, "the change was refused before");
        }
        if (epoch && *epoch != coupon->epoch) return std::nullopt;
        if (stored->id < coupon->last_change) {
            return Refused(ErrorCode::kConflict,
                           fmt::format("change {} is applied already", coupon->last_change));
        }
        const auto after = EditedCoupon(coupon->coupon, coupon->issued, stored->edit);
        if (!after) return std::unexpected(after.error());
        if (auto set = UpdateCoupon(connection, *after, stored->id); !set) {
            return std::unexpected(set.error());
        }
        if (auto set = SetStatus(connection, stored->id, ChangeStatus::kLedgerDone, ""); !set) {
            return std::unexpected(set.error());
        }
        return SelectLedgerCoupon(connection, turn.Coupon(), RowLock::kNone);
    });
}

Result<void> MysqlChanges::Finish(Turn& turn, const CouponIntent& intent, ChangeStatus status,
                                  std::string_view reason) {
    MysqlConnection& own = turn.Connection();
    return InTransaction(own, [&](MysqlConnection& connection) -> Result<void> {
        const auto stored = LockIntent(connection, intent.id, turn.Coupon());
        if (!stored) return std::unexpected(stored.error());
        if (!MayBecome(*stored, status)) {
            return Refused(ErrorCode::kConflict,
                           fmt::format("change {} is {}, it cannot become {}", intent.id,
                                       ToString(stored->status), ToString(status)));
        }
        if (stored->status == status) return {};
        return SetStatus(connection, intent.id, status, reason);
    });
}

Result<std::vector<CouponId>> MysqlChanges::WithUnfinished() {
    auto lease = pool_.Take();
    if (!lease) return std::unexpected(lease.error());
    auto rows = (*lease)->Query(
        "SELECT DISTINCT coupon_id FROM coupon_change WHERE status IN ('pending', 'ledger_done') "
        "ORDER BY coupon_id");
    if (!rows) return std::unexpected(rows.error());
    return CouponIdsOf(*rows);
}

}  // namespace coupon::ledger
