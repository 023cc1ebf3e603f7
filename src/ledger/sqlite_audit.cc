#include "ledger/sqlite_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <string>
#include <utility>

#include "common/limits.h"
#include "ledger/row_checksum.h"
#include "ledger/row_key.h"
#include "ledger/sqlite_coupon_row.h"

namespace coupon::ledger {
namespace {

constexpr std::string_view kRowCount =
    "(SELECT count(*) FROM coupon_issuance "
    "WHERE key BETWEEN c.id << 40 AND (c.id << 40) + 1099511627775)";

void Violate(AuditCheck& check, std::string example) {
    ++check.violations;
    if (check.examples.size() < limits::kAuditExamplesMax) {
        check.examples.push_back(std::move(example));
    }
}

std::string NameOfRow(std::int64_t key) {
    return fmt::format("coupon {} sequence {}", CouponOfKey(key).value, SequenceOfKey(key).value);
}

/// Calls `see(row)` for every row of the query.
template <std::invocable<const Statement&> See>
void EachRow(Connection& connection, AuditCheck& check, std::string_view sql, See see) {
    Result<Statement> rows = connection.Prepare(sql);
    if (!rows) return Violate(check, Describe(rows.error()));
    int code = rows->Step();
    for (; code == SQLITE_ROW; code = rows->Step()) {
        ++check.rows_checked;
        see(std::as_const(*rows));
    }
    if (code != SQLITE_DONE) Violate(check, Describe(connection.Failure(code, "read").error()));
}

/// A read-only connection does not look at the tables' CHECK rules: the checks below do.
AuditCheck CheckStructure(Connection& connection) {
    AuditCheck check{.promise = "structure", .what = "SQLite's integrity check finds nothing"};
    const std::string sql =
        fmt::format("PRAGMA integrity_check({})", limits::kAuditIntegrityFindingsMax);
    EachRow(connection, check, sql, [&](const Statement& row) {
        if (row.Text(0) != "ok") Violate(check, std::string(row.Text(0)));
    });
    return check;
}

AuditCheck CheckCoupons(Connection& connection) {
    AuditCheck check{.promise = "structure", .what = "every coupon can be true"};
    EachRow(connection, check, fmt::format("SELECT {} FROM coupon ORDER BY id", kCouponColumns),
            [&](const Statement& row) {
                const std::expected<Coupon, std::string> coupon = ReadCoupon(row);
                if (!coupon) Violate(check, coupon.error());
            });
    return check;
}

AuditCheck CheckCouponChecksums(Connection& connection) {
    AuditCheck check{.promise = "structure", .what = "every coupon's checksum fits its row"};
    EachRow(connection, check,
            fmt::format("SELECT id, checksum IS checksum_of({}) FROM coupon ORDER BY id",
                        kCouponColumns),
            [&](const Statement& row) {
                if (row.Int(1) == 0) {
                    Violate(check, fmt::format("coupon {}: the checksum does not fit", row.Int(0)));
                }
            });
    return check;
}

AuditCheck CheckIssuanceChecksums(Connection& connection) {
    AuditCheck check{.promise = "P1", .what = "every issuance's checksum fits its row"};
    EachRow(connection, check, "SELECT key, user_id, date_issued, checksum FROM coupon_issuance",
            [&](const Statement& row) {
                const std::int32_t expected =
                    RowChecksum(row.Int(0), UserId(row.Int(1)), FromMs(row.Int(2)));
                if (row.Int(3) != expected) {
                    Violate(check, NameOfRow(row.Int(0)) + ": the checksum does not fit");
                }
            });
    return check;
}

AuditCheck CheckSequences(Connection& connection) {
    AuditCheck check{.promise = "P1", .what = "a coupon's sequences are 1..n without a gap"};
    std::int64_t before = 0;
    EachRow(connection, check, "SELECT key FROM coupon_issuance ORDER BY key",
            [&](const Statement& row) {
                const std::int64_t key = row.Int(0);
                const bool first = CouponOfKey(key) != CouponOfKey(before);
                const std::int64_t expected =
                    first ? RowKey(CouponOfKey(key), Sequence(1)) : before + 1;
                if (key != expected) {
                    Violate(check, fmt::format("{} follows {}", NameOfRow(key), NameOfRow(before)));
                }
                before = key;
            });
    return check;
}

AuditCheck CheckOwners(Connection& connection) {
    AuditCheck check{.promise = "P1", .what = "every issuance belongs to a coupon"};
    EachRow(connection, check,
            "SELECT DISTINCT i.key >> 40, c.id FROM coupon_issuance AS i "
            "LEFT JOIN coupon AS c ON c.id = i.key >> 40",
            [&](const Statement& row) {
                if (row.IsNull(1)) {
                    Violate(check, fmt::format("coupon {} has issuances but no row", row.Int(0)));
                }
            });
    return check;
}

AuditCheck CheckOnePerUser(Connection& connection) {
    AuditCheck check{.promise = "P4", .what = "no user holds a coupon twice"};
    CouponId coupon;
    std::vector<std::int64_t> users;
    const auto judge = [&] {
        std::ranges::sort(users);
        auto twice = std::ranges::adjacent_find(users);
        for (; twice != users.end(); twice = std::adjacent_find(twice + 1, users.end())) {
            Violate(check, fmt::format("coupon {}: user {} more than once", coupon.value, *twice));
        }
        users.clear();
    };
    EachRow(connection, check, "SELECT key, user_id FROM coupon_issuance ORDER BY key",
            [&](const Statement& row) {
                if (CouponOfKey(row.Int(0)) != coupon) judge();
                coupon = CouponOfKey(row.Int(0));
                users.push_back(row.Int(1));
            });
    judge();
    return check;
}

AuditCheck CheckOversell(Connection& connection) {
    AuditCheck check{.promise = "P2", .what = "issuances <= total quantity"};
    EachRow(connection, check,
            fmt::format("SELECT c.id, c.total_quantity, {} FROM coupon AS c", kRowCount),
            [&](const Statement& row) {
                if (row.IsNull(1) || row.Int(2) <= row.Int(1)) return;
                Violate(check, fmt::format("coupon {}: {} issued of {}", row.Int(0), row.Int(2),
                                           row.Int(1)));
            });
    return check;
}

AuditCheck CheckSoldOutIsFull(Connection& connection) {
    AuditCheck check{.promise = "P3",
                     .what = "a coupon that counts as sold out has as many rows as stock"};
    EachRow(connection, check,
            fmt::format("SELECT c.id, c.total_quantity, {} FROM coupon AS c "
                        "WHERE c.issued_quantity >= c.total_quantity",
                        kRowCount),
            [&](const Statement& row) {
                if (row.Int(2) >= row.Int(1)) return;
                Violate(check, fmt::format("coupon {}: sold out with {} rows of {}", row.Int(0),
                                           row.Int(2), row.Int(1)));
            });
    return check;
}

AuditCheck CheckCounters(Connection& connection) {
    AuditCheck check{.promise = "counters", .what = "issued quantity == issuances"};
    EachRow(connection, check,
            fmt::format("SELECT c.id, c.issued_quantity, {} FROM coupon AS c", kRowCount),
            [&](const Statement& row) {
                if (row.Int(1) == row.Int(2)) return;
                Violate(check, fmt::format("coupon {}: counter {}, rows {}", row.Int(0), row.Int(1),
                                           row.Int(2)));
            });
    return check;
}

AuditCheck CheckOrder(Connection& connection) {
    AuditCheck check{.promise = "P5", .what = "no issuance is older than the one before it"};
    std::int64_t key_before = 0;
    std::int64_t issued_before = 0;
    EachRow(connection, check, "SELECT key, date_issued FROM coupon_issuance ORDER BY key",
            [&](const Statement& row) {
                const bool same_coupon = CouponOfKey(row.Int(0)) == CouponOfKey(key_before);
                if (same_coupon && row.Int(1) < issued_before) {
                    Violate(check, NameOfRow(row.Int(0)) + ": issued before its predecessor");
                }
                key_before = row.Int(0);
                issued_before = row.Int(1);
            });
    return check;
}

AuditCheck CheckRedemptionChecksums(Connection& connection) {
    AuditCheck check{.promise = "redemptions", .what = "every redemption's checksum fits its row"};
    EachRow(connection, check,
            "SELECT key, checksum IS checksum_of(key, order_amount, date_redeemed) "
            "FROM coupon_redemption ORDER BY key",
            [&](const Statement& row) {
                if (row.Int(1) == 0) {
                    Violate(check, NameOfRow(row.Int(0)) + ": the checksum does not fit");
                }
            });
    return check;
}

AuditCheck CheckRedemptions(Connection& connection) {
    AuditCheck check{.promise = "redemptions",
                     .what = "a redemption is of an issuance, dear enough and in time"};
    EachRow(connection, check,
            "SELECT r.key, i.key, r.order_amount, c.minimum_price, "
            "r.date_redeemed, i.date_issued, c.expires_at "
            "FROM coupon_redemption AS r "
            "LEFT JOIN coupon_issuance AS i ON i.key = r.key "
            "LEFT JOIN coupon AS c ON c.id = r.key >> 40 "
            "ORDER BY r.key",
            [&](const Statement& row) {
                const std::string name = NameOfRow(row.Int(0));
                if (row.IsNull(1)) return Violate(check, name + ": redeemed but not issued");
                if (row.Int(2) < row.Int(3)) {
                    Violate(check, name + ": the order is below the minimum price");
                }
                if (row.Int(4) < row.Int(5)) {
                    Violate(check, name + ": redeemed before it was issued");
                }
                if (!row.IsNull(6) && row.Int(4) >= row.Int(6)) {
                    Violate(check, name + ": redeemed after it expired");
                }
            });
    return check;
}

}  // namespace

bool AuditReport::Passed() const {
    return std::ranges::all_of(checks,
                               [](const AuditCheck& check) { return check.violations == 0; });
}

Result<AuditReport> AuditRows(Connection& connection) {
    if (Result<void> begun = connection.Execute("BEGIN"); !begun) {
        return std::unexpected(begun.error());
    }
    AuditReport report;
    for (const auto check :
         {CheckStructure, CheckCoupons, CheckCouponChecksums, CheckIssuanceChecksums,
          CheckSequences, CheckOwners, CheckOnePerUser, CheckOversell, CheckSoldOutIsFull,
          CheckCounters, CheckOrder, CheckRedemptions, CheckRedemptionChecksums}) {
        report.checks.push_back(check(connection));
    }
    // Counting what cannot be read fails in the checks as well: 0 here is then not the news.
    report.coupons = connection.QueryInt("SELECT count(*) FROM coupon").value_or(0);
    report.issuances = connection.QueryInt("SELECT count(*) FROM coupon_issuance").value_or(0);
    report.redemptions = connection.QueryInt("SELECT count(*) FROM coupon_redemption").value_or(0);
    (void)connection.Execute("COMMIT");
    return report;
}

}  // namespace coupon::ledger
