#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/mysql_changes.h"
#include "ledger/mysql_test_database.h"

namespace coupon::ledger {

/// A test of operators' changes to a coupon that is there: id 1, whose creation is change 1.
class MysqlTestChanges : public MysqlTestDatabase {
protected:
    Turn TakeTurn(CouponId coupon) {
        auto turn = changes_.TakeTurn(coupon, std::chrono::seconds(10));
        EXPECT_TRUE(turn) << Describe(turn.error());
        return *std::move(turn);
    }
    CouponIntent Begin(Turn& turn, const CouponEdit& edit, std::string_view request_id = "") {
        return Must(changes_.Begin(turn, edit, "operator", request_id));
    }
    std::string CouponRow() const {
        return Sql("SELECT name, total_quantity, state, last_change FROM coupon WHERE id = 1");
    }
    std::string Statuses() const {
        return Sql("SELECT id, status FROM coupon_change WHERE kind <> 'create' ORDER BY id");
    }
    static std::vector<std::int64_t> IdsOf(const std::vector<CouponIntent>& intents) {
        std::vector<std::int64_t> ids;
        for (const CouponIntent& intent : intents) ids.push_back(intent.id);
        return ids;
    }

    const std::unique_ptr<MysqlPool> pool_ = MakeMigratedPool();
    MysqlCoupons coupons_{*pool_};
    MysqlChanges changes_{*pool_};
    const CouponId coupon_ = Must(coupons_.Create(SomeCoupon(), "operator")).coupon.id;
};

}  // namespace coupon::ledger
