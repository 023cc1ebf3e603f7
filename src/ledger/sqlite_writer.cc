#include "ledger/sqlite_writer.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "ledger/row_checksum.h"
#include "ledger/row_key.h"
#include "ledger/sqlite_coupon_row.h"

namespace coupon::ledger {
namespace {

/// The conditions are a second judge of what the admission decided: a gap or an oversell changes no
/// row and is noticed by that, at no cost.
constexpr std::string_view kMoveCounter =
    "UPDATE coupon SET issued_quantity = issued_quantity + ?2 "
    "WHERE id = ?1 AND issued_quantity + 1 = ?3 "
    "AND (total_quantity IS NULL OR issued_quantity + ?2 <= total_quantity)";

constexpr std::string_view kStoreCoupon =
    "INSERT INTO coupon ({}, checksum) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
    "checksum_of(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)) "
    "ON CONFLICT (id) DO UPDATE SET "
    "name = ?2, total_quantity = ?3, discount_price = ?4, minimum_price = ?5, "
    "date_issue_start = ?6, date_issue_end = ?7, expires_at = ?8, "
    "state = ?9, shadow = ?10, date_created = ?11, date_updated = ?12, "
    "checksum = excluded.checksum";

}  // namespace

Result<BatchWriter> BatchWriter::Prepare(Connection& connection) {
    BatchWriter writer(connection);
    const std::string store_coupon = fmt::format(kStoreCoupon, kCouponColumns);
    const std::array<std::pair<Statement*, std::string_view>, 9> statements{{
        {&writer.begin_, "BEGIN IMMEDIATE"},
        {&writer.commit_, "COMMIT"},
        {&writer.rollback_, "ROLLBACK"},
        {&writer.insert_issuance_,
         "INSERT INTO coupon_issuance(key, user_id, date_issued, checksum) "
         "VALUES (?1, ?2, ?3, ?4)"},
        {&writer.move_counter_, kMoveCounter},
        {&writer.insert_redemption_,
         "INSERT INTO coupon_redemption(key, order_amount, date_redeemed, checksum) "
         "VALUES (?1, ?2, ?3, checksum_of(?1, ?2, ?3))"},
        {&writer.delete_redemption_, "DELETE FROM coupon_redemption WHERE key = ?1"},
        {&writer.store_coupon_, store_coupon},
        {&writer.insert_change_,
         "INSERT INTO coupon_change(coupon_id, action, detail, date_changed) "
         "VALUES (?1, ?2, ?3, ?4)"},
    }};
    for (const auto& [statement, sql] : statements) {
        Result<Statement> prepared = connection.Prepare(sql);
        if (!prepared) return std::unexpected(prepared.error());
        *statement = std::move(*prepared);
    }
    return writer;
}

Result<void> BatchWriter::Append(const WriteBatch& batch) {
    if (Result<void> done = AppendIssuances(batch.issuances); !done) return done;
    if (Result<void> done = MoveCounters(); !done) return done;
    if (Result<void> done = DeleteRedemptions(batch.undos); !done) return done;
    return AppendRedemptions(batch.redemptions);
}

Result<void> BatchWriter::AppendIssuances(std::span<const Issuance> issuances) {
    tallies_.clear();
    CouponId current;
    Tally* tally = nullptr;
    for (const Issuance& row : issuances) {
        if (tally == nullptr || row.coupon_id != current) {
            current = row.coupon_id;
            tally = &tallies_.try_emplace(current.value, Tally{.first = row.sequence.value})
                         .first->second;
        }
        if (row.sequence.value != tally->first + tally->rows) {
            return Contradiction(fmt::format("coupon {}: sequence {} follows {}",
                                             row.coupon_id.value, row.sequence.value,
                                             tally->first + tally->rows - 1));
        }
        ++tally->rows;
        const std::int64_t key = RowKey(row.coupon_id, row.sequence);
        insert_issuance_.Bind(1, key);
        insert_issuance_.Bind(2, row.user_id.value);
        insert_issuance_.Bind(3, ToMs(row.issued_at));
        insert_issuance_.Bind(4, std::int64_t{RowChecksum(key, row.user_id, row.issued_at)});
        if (Result<void> done = connection_->Run(insert_issuance_, "append issuance"); !done) {
            return done;
        }
    }
    return {};
}

Result<void> BatchWriter::MoveCounters() {
    for (const auto& [coupon, tally] : tallies_) {
        move_counter_.Bind(1, coupon);
        move_counter_.Bind(2, tally.rows);
        move_counter_.Bind(3, tally.first);
        if (Result<void> done = connection_->Run(move_counter_, "move counter"); !done) return done;
        if (sqlite3_changes(connection_->Handle()) != 1) {
            return Contradiction(
                fmt::format("coupon {}: {} rows from sequence {} do not continue what is stored",
                            coupon, tally.rows, tally.first));
        }
    }
    return {};
}

Result<void> BatchWriter::AppendRedemptions(std::span<const Redemption> redemptions) {
    for (const Redemption& row : redemptions) {
        insert_redemption_.Bind(1, RowKey(row.coupon_id, row.sequence));
        insert_redemption_.Bind(2, row.order_amount.minor_units);
        insert_redemption_.Bind(3, ToMs(row.redeemed_at));
        if (Result<void> done = connection_->Run(insert_redemption_, "append redemption"); !done) {
            return done;
        }
    }
    return {};
}

Result<void> BatchWriter::DeleteRedemptions(std::span<const RedemptionUndo> undos) {
    for (const RedemptionUndo& undo : undos) {
        delete_redemption_.Bind(1, RowKey(undo.coupon_id, undo.sequence));
        if (Result<void> done = connection_->Run(delete_redemption_, "delete redemption"); !done) {
            return done;
        }
        if (sqlite3_changes(connection_->Handle()) != 1) {
            return Contradiction(fmt::format("coupon {} sequence {}: given back, but not redeemed",
                                             undo.coupon_id.value, undo.sequence.value));
        }
    }
    return {};
}

Result<void> BatchWriter::StoreCoupon(const CouponChange& change) {
    BindCoupon(store_coupon_, change.coupon);
    if (Result<void> done = connection_->Run(store_coupon_, "store coupon"); !done) return done;
    insert_change_.Bind(1, change.coupon.id.value);
    insert_change_.Bind(2, std::string_view(change.action));
    insert_change_.Bind(3, std::string_view(change.detail));
    insert_change_.Bind(4, ToMs(change.at));
    return connection_->Run(insert_change_, "store change");
}

std::unexpected<Error> BatchWriter::Contradiction(std::string what) const {
    return std::unexpected(
        Error{.code = ErrorCode::kConflict, .operation = "append", .detail = std::move(what)});
}

}  // namespace coupon::ledger
