#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/redis_changes.h"
#include "admission/redis_ledger_fixture.h"
#include "ledger/mysql_changes.h"

namespace coupon::admission {

/// Operators' changes of coupons in a real Redis and a real database.
class RedisChangesTest : public RedisLedgerTest {
protected:
    CouponId Loaded(std::optional<std::int64_t> total) {
        const CouponId id = NewCoupon(total);
        EXPECT_TRUE(loader_.Load(id));
        return id;
    }
    Result<CouponView> Stock(CouponId id, std::int64_t delta) {
        return changes_.Apply(ChangeStock{id, delta});
    }
    Result<CouponView> State(CouponId id, CouponState state) {
        return changes_.Apply(UpdateCoupon{.id = id, .name = {}, .issue_end = {}, .state = state});
    }
    /// "TOTAL STATE" in Redis and in the ledger; both must be the same.
    std::string Both(CouponId id) {
        const Coupon coupon = InLedger(id).coupon;
        const std::string in_ledger =
            fmt::format("{} {}", *coupon.total_quantity, static_cast<int>(coupon.state));
        EXPECT_EQ(Policy(id, "total") + " " + Policy(id, "state"), in_ledger);
        return in_ledger;
    }
    std::string Statuses() {
        return Sql("SELECT status FROM coupon_change WHERE kind <> 'create'");
    }
    /// Writes an intent down and no more, as an operator's process that died then.
    ledger::CouponIntent Begin(
        CouponId id, const CouponEdit& edit,
        const std::function<void(ledger::Turn&, ledger::CouponIntent&)>& then = [](auto&, auto&) {
        }) {
        auto turn = intents_.TakeTurn(id, kTestPatience);
        EXPECT_TRUE(turn);
        auto intent = ledger::Must(intents_.Begin(*turn, edit, "test", ""));
        then(*turn, intent);
        return intent;
    }
    /// The change in Redis alone.
    void ApplyInRedis(const ledger::CouponIntent& intent) {
        const std::string policy = RedisKeys(intent.coupon).policy;
        const std::string id = std::to_string(intent.id);
        const std::string delta = std::to_string(intent.edit.stock_delta);
        const std::string run = session_->RunId();
        const std::vector<std::string_view> names = {policy};
        const std::vector<std::string_view> words = {run, id, delta, "", ""};
        auto reply = session_->Run(Scripts().change, names, words, kTestPatience);
        ASSERT_TRUE(reply && (*reply)[0].Text() == "applied");
    }

    ledger::MysqlChanges intents_{*pool_};
    RedisChanges changes_{*session_, loader_, coupons_, intents_};
};

}  // namespace coupon::admission
