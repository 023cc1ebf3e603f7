#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admission/redis_keys.h"
#include "admission/redis_loader.h"
#include "common/log.h"
#include "ledger/mysql_reader.h"
#include "ledger/mysql_test_database.h"
#include "queue/consumer.h"
#include "queue/coupon_worker.h"
#include "queue/redis_stream_fixture.h"
#include "redis/redis_session.h"
#include "tests/support/redis_server.h"

namespace coupon::queue {

/// A consumer between a Redis and a MariaDB, both real, with admission's own scripts as the other
/// end. Each test ends with the check that issued_quantity is the number of rows, within the stock.
class ConsumerTest : public ledger::MysqlTestDatabase {
protected:
    static constexpr std::chrono::seconds kPatience{10};

    void SetUp() override { pool_ = MakeMigratedPool(); }
    void TearDown() override {
        EXPECT_EQ(Sql("SELECT id FROM coupon AS c WHERE issued_quantity <> "
                      "(SELECT COUNT(*) FROM coupon_issuance AS i WHERE i.coupon_id = c.id)"),
                  "");
    }

    static std::unique_ptr<redis::RedisSession> Connect(const support::RedisServer& server) {
        auto session = redis::RedisSession::Create(OptionsOf(server));
        EXPECT_TRUE(session && (*session)->WaitUntilUp(kPatience));
        return *std::move(session);
    }

    // --- The other end

    /// A coupon whose window is open, in the ledger and loaded.
    CouponId NewCoupon(std::optional<std::int64_t> total = 1'000'000);
    void Load(CouponId coupon) { Bring(coupon, &admission::RedisLoader::Load); }
    void Rebuild(CouponId coupon) { Bring(coupon, &admission::RedisLoader::Rebuild); }
    std::string Policy(CouponId coupon, std::string_view field) {
        return redis_.Command({"HGET", admission::RedisKeys(coupon).policy, field});
    }
    /// Users from `first`, one batch; what the others got.
    std::string Claim(CouponId coupon, std::int64_t first, std::int64_t count = 1);
    /// As a crash without persistence: nothing of the coupon is left.
    void LoseRedisStateOf(CouponId coupon) {
        const admission::RedisKeys keys(coupon);
        redis_.Command({"DEL", keys.policy, keys.users, keys.accepted, keys.lease});
    }

    // --- The consumer

    std::unique_ptr<Consumer> Start(std::string name = "a");
    /// What a consumer of this name would take and hand to a writer: the whole stream.
    Work TakeAll(CouponId coupon, std::string_view name = "a");
    /// A session of somebody else.
    ledger::MysqlConnection Foreign() const {
        auto opened = ledger::MysqlConnection::Open(Options());
        EXPECT_TRUE(opened);
        return *std::move(opened);
    }
    void ExpireLease(CouponId coupon) {
        redis_.Command({"DEL", admission::RedisKeys(coupon).lease});
    }

    // --- What is seen

    std::int64_t Rows(CouponId coupon) const {
        return std::stoll(Sql(fmt::format(
            "SELECT COUNT(*) FROM coupon_issuance WHERE coupon_id = {}", coupon.value)));
    }
    std::int64_t Waiting(CouponId coupon) const {
        return std::stoll(redis_.Command({"XLEN", admission::RedisKeys(coupon).accepted}));
    }
    /// "666 invalid|5 conflict": users and reasons of the open letters.
    std::string Letters();
    /// Polls until it is true; false when that takes too long.
    static bool WaitUntil(const std::function<bool()>& condition,
                          std::chrono::seconds patience = std::chrono::seconds(20));

    SystemClock clock_;
    std::ostringstream log_text_;
    Logger log_{{.application = "test", .level = LogLevel::kInfo}, clock_, log_text_};
    support::RedisServer redis_;
    std::unique_ptr<ledger::MysqlPool> pool_;
    std::unique_ptr<redis::RedisSession> session_ = Connect(redis_);

private:
    void Bring(CouponId coupon,
               Result<admission::LoadedCoupon> (admission::RedisLoader::*how)(CouponId));
};

}  // namespace coupon::queue
