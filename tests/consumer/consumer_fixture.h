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
#include "admission/redis_scripts.h"
#include "common/log.h"
#include "common/mutex.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_dead_letters.h"
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
    CouponId NewCoupon(std::optional<std::int64_t> total = 1'000'000) {
        Coupon coupon = ledger::SomeCoupon();
        coupon.total_quantity = total;
        coupon.issue_start = clock_.WallNow() - std::chrono::hours(1);
        coupon.issue_end = clock_.WallNow() + std::chrono::hours(1);
        const auto made = ledger::MysqlCoupons(*pool_).Create(coupon, "test");
        EXPECT_TRUE(made) << Describe(made.error());
        Load(made->coupon.id);
        return made->coupon.id;
    }
    void Load(CouponId coupon) { Bring(coupon, &admission::RedisLoader::Load); }
    void Rebuild(CouponId coupon) { Bring(coupon, &admission::RedisLoader::Rebuild); }
    std::string Policy(CouponId coupon, std::string_view field) {
        return redis_.Command({"HGET", admission::RedisKeys(coupon).policy, field});
    }
    /// Users from `first`, one batch; what the others got.
    std::string Claim(CouponId coupon, std::int64_t first, std::int64_t count = 1) {
        const admission::RedisKeys keys(coupon);
        const std::string run = session_->RunId();
        const std::string epoch = Policy(coupon, "epoch");
        std::vector<std::string> users;
        for (std::int64_t i = 0; i < count; ++i) users.push_back(std::to_string(first + i));
        std::vector<std::string_view> arguments = {run, epoch, "1000000000"};
        arguments.insert(arguments.end(), users.begin(), users.end());
        const std::array<std::string_view, 3> names = {keys.policy, keys.users, keys.accepted};
        const auto reply =
            session_->Run(admission::Scripts().claim, names, arguments, kPatience);
        EXPECT_TRUE(reply && (*reply)[0].Text() == "ok");
        return reply ? std::string((*reply)[5].Text()) : "error";
    }
    /// As a crash without persistence: nothing of the coupon is left.
    void LoseRedisStateOf(CouponId coupon) {
        const admission::RedisKeys keys(coupon);
        redis_.Command({"DEL", keys.policy, keys.users, keys.accepted, keys.lease});
    }

    // --- The consumer

    std::unique_ptr<Consumer> Start(std::string name = "a", std::size_t threads = 2,
                                    std::chrono::milliseconds lease = std::chrono::seconds(10)) {
        auto consumer = Consumer::Start({.name = std::move(name),
                                         .batch_max = 100,
                                         .threads = threads,
                                         .lease = lease,
                                         .redis = OptionsOf(redis_)},
                                        *pool_, clock_, log_);
        EXPECT_TRUE(consumer);
        return *std::move(consumer);
    }
    /// What a consumer of this name would take and hand to a writer: the whole stream.
    Work TakeAll(CouponId coupon, std::string_view name = "a") {
        const Reader reader{.name = std::string(name),
                            .token = std::string(name) + ":1",
                            .lease = std::chrono::seconds(60)};
        Work work{.kind = Work::Kind::kWrite, .coupon = coupon, .run = session_->RunId()};
        for (std::string cursor = "0-0"; work.entries.empty() || !cursor.empty();) {
            const std::vector<TakeRequest> requests = {{coupon, cursor, 100'000}};
            auto taken = queue::TakeAll(*session_, reader, work.run, requests, kPatience);
            EXPECT_TRUE(taken[0] && taken[0]->kind == Taken::Kind::kTaken);
            if (!taken[0] || taken[0]->kind != Taken::Kind::kTaken) break;
            if (taken[0]->entries.empty() && cursor.empty()) break;
            work.epoch = taken[0]->epoch;
            for (QueuedEntry& entry : taken[0]->entries) work.entries.push_back(std::move(entry));
            cursor = taken[0]->cursor;
        }
        return work;
    }
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
    std::string Letters() {
        const auto letters =
            ledger::MysqlDeadLetters(*pool_).List(0, 1000, ledger::DeadLetterStatus::kOpen);
        EXPECT_TRUE(letters) << Describe(letters.error());
        std::string text;
        for (const ledger::DeadLetter& letter : *letters) {
            text += fmt::format("{}{} {}", text.empty() ? "" : "|", letter.user_id.value,
                                ToString(letter.reason));
        }
        return text;
    }
    /// Polls until it is true; false when that takes too long.
    static bool WaitUntil(const std::function<bool()>& condition,
                          std::chrono::seconds patience = std::chrono::seconds(20)) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        Mutex mutex;
        CondVar never;
        while (!condition()) {
            const auto now = std::chrono::steady_clock::now();
            if (now > deadline) return false;
            const MutexLock lock(mutex);
            never.WaitUntil(mutex, now + std::chrono::milliseconds(5));
        }
        return true;
    }

    SystemClock clock_;
    std::ostringstream log_text_;
    Logger log_{{.application = "test", .level = LogLevel::kInfo}, clock_, log_text_};
    support::RedisServer redis_;
    std::unique_ptr<ledger::MysqlPool> pool_;
    std::unique_ptr<redis::RedisSession> session_ = Connect(redis_);

private:
    void Bring(CouponId coupon,
               Result<admission::LoadedCoupon> (admission::RedisLoader::*how)(CouponId)) {
        ledger::MysqlCoupons coupons(*pool_);
        ledger::MysqlReader reader(*pool_);
        admission::RedisLoader loader(*session_, coupons, reader);
        const auto loaded = (loader.*how)(coupon);
        EXPECT_TRUE(loaded) << Describe(loaded.error());
        redis_.Command({"SADD", admission::kActiveCouponsKey, std::to_string(coupon.value)});
    }
};

}  // namespace coupon::queue
