#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/check.h"
#include "ledger/mysql_issuance_writer.h"
#include "ledger/mysql_test_database.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {

/// What tests of a coupon's rows share. Each ends with the check that no transaction left half of
/// its work: every coupon's issued_quantity is the number of its rows, and within its stock.
class MysqlRowsTest : public MysqlTestDatabase {
protected:
    void SetUp() override { pool_ = MakeMigratedPool(); }
    void TearDown() override {
        EXPECT_EQ(Sql("SELECT id, issued_quantity FROM coupon AS c WHERE issued_quantity > "
                      "COALESCE(total_quantity, issued_quantity) OR issued_quantity <> "
                      "(SELECT COUNT(*) FROM coupon_issuance AS i WHERE i.coupon_id = c.id)"),
                  "");
    }

    /// SomeCoupon() with this stock.
    CouponId NewCoupon(std::optional<std::int64_t> total = std::nullopt) {
        Coupon coupon = SomeCoupon();
        coupon.total_quantity = total;
        return NewCoupon(coupon);
    }
    CouponId NewCoupon(const Coupon& coupon) {
        auto connection = OpenOther();
        Must(connection.Execute(fmt::format(
            "INSERT INTO coupon (name, total_quantity, discount_price, minimum_price, "
            "issue_start_date, issue_end_date, expires_at, state, shadow, created_at, updated_at) "
            "VALUES ('x', {}, 0, {}, {}, {}, {}, 'open', {}, NOW(6), NOW(6))",
            MysqlNumber(coupon.total_quantity), coupon.minimum_price.minor_units,
            MysqlTime(coupon.issue_start), MysqlTime(coupon.issue_end),
            MysqlTime(coupon.expires_at), coupon.shadow ? 1 : 0)));
        return CouponId(connection.LastInsertId());
    }
    void BeginEpoch(CouponId coupon) const {
        EXPECT_EQ(
            Sql("UPDATE coupon SET epoch = epoch + 1 WHERE id = " + std::to_string(coupon.value)),
            "");
    }
    std::int64_t IssuedOf(CouponId coupon) const {
        return std::stoll(
            Sql("SELECT issued_quantity FROM coupon WHERE id = " + std::to_string(coupon.value)));
    }

    /// The one of this sequence, of user 1000 + sequence.
    static Issuance Row(CouponId coupon, std::int64_t sequence) {
        return Row(coupon, sequence, 1000 + sequence);
    }
    static Issuance Row(CouponId coupon, std::int64_t sequence, std::int64_t user) {
        return {coupon, Sequence(sequence), UserId(user),
                kNoon + std::chrono::milliseconds(sequence)};
    }
    static std::vector<Issuance> Rows(CouponId coupon, std::int64_t first, std::int64_t count) {
        std::vector<Issuance> rows;
        for (std::int64_t i = 0; i < count; ++i) rows.push_back(Row(coupon, first + i));
        return rows;
    }

    Result<WriteReport> Write(CouponId coupon, const std::vector<Issuance>& rows,
                              std::int64_t epoch = 0) {
        return MysqlIssuanceWriter(*pool_).Write(coupon, epoch, rows);
    }
    /// Sequences and users of the coupon's rows, "1:1001 2:1002".
    std::string Stored(CouponId coupon) const {
        std::string rows =
            Sql("SELECT GROUP_CONCAT(CONCAT(sequence, ':', user_id) ORDER BY sequence "
                "SEPARATOR ' ') FROM coupon_issuance WHERE coupon_id = " +
                std::to_string(coupon.value));
        if (!rows.empty()) rows.pop_back();
        return rows == "NULL" ? "" : rows;
    }
    std::int64_t StoredCount(CouponId coupon) const {
        return std::stoll(Sql("SELECT COUNT(*) FROM coupon_issuance WHERE coupon_id = " +
                              std::to_string(coupon.value)));
    }
    /// Of the whole server: "Innodb_deadlocks".
    std::int64_t Status(const std::string& name) const {
        const std::string row = Sql("SHOW GLOBAL STATUS LIKE '" + name + "'");
        return std::stoll(row.substr(row.find('|') + 1));
    }
    /// Polls; fails the test when it did not come true within ten seconds.
    static void WaitUntil(const std::function<bool()>& true_now) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!true_now()) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }
    /// A transaction beside the pool.
    MysqlConnection OpenOther() const {
        auto opened = MysqlConnection::Open(Options());
        CHECK(opened.has_value());
        return *std::move(opened);
    }

    std::unique_ptr<MysqlPool> pool_;
};

}  // namespace coupon::ledger
