#include "tests/consumer/consumer_fixture.h"

#include <array>
#include <utility>
#include <vector>

#include "admission/redis_scripts.h"
#include "common/mutex.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_dead_letters.h"
#include "ledger/mysql_reader.h"

namespace coupon::queue {

CouponId ConsumerTest::NewCoupon(std::optional<std::int64_t> total) {
    Coupon coupon = ledger::SomeCoupon();
    coupon.total_quantity = total;
    coupon.issue_start = clock_.WallNow() - std::chrono::hours(1);
    coupon.issue_end = clock_.WallNow() + std::chrono::hours(1);
    const auto made = ledger::MysqlCoupons(*pool_).Create(coupon, "test");
    EXPECT_TRUE(made) << Describe(made.error());
    Load(made->coupon.id);
    return made->coupon.id;
}

std::string ConsumerTest::Claim(CouponId coupon, std::int64_t first, std::int64_t count) {
    const admission::RedisKeys keys(coupon);
    const std::string run = session_->RunId();
    const std::string epoch = Policy(coupon, "epoch");
    std::vector<std::string> users;
    for (std::int64_t i = 0; i < count; ++i) users.push_back(std::to_string(first + i));
    std::vector<std::string_view> arguments = {run, epoch, "1000000000"};
    arguments.insert(arguments.end(), users.begin(), users.end());
    const std::array<std::string_view, 3> names = {keys.policy, keys.users, keys.accepted};
    const auto reply = session_->Run(admission::Scripts().claim, names, arguments, kPatience);
    EXPECT_TRUE(reply && (*reply)[0].Text() == "ok");
    return reply ? std::string((*reply)[5].Text()) : "error";
}

std::unique_ptr<Consumer> ConsumerTest::Start(std::string name) {
    auto consumer = Consumer::Start({.name = std::move(name),
                                     .batch_max = 100,
                                     .threads = 2,
                                     .lease = std::chrono::seconds(10),
                                     .redis = OptionsOf(redis_)},
                                    *pool_, clock_, log_);
    EXPECT_TRUE(consumer);
    return *std::move(consumer);
}

Work ConsumerTest::TakeAll(CouponId coupon, std::string_view name) {
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

std::string ConsumerTest::Letters() {
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

bool ConsumerTest::WaitUntil(const std::function<bool()>& condition,
                             std::chrono::seconds patience) {
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

void ConsumerTest::Bring(CouponId coupon,
                         Result<admission::LoadedCoupon> (admission::RedisLoader::*how)(CouponId)) {
    ledger::MysqlCoupons coupons(*pool_);
    ledger::MysqlReader reader(*pool_);
    admission::RedisLoader loader(*session_, coupons, reader);
    const auto loaded = (loader.*how)(coupon);
    EXPECT_TRUE(loaded) << Describe(loaded.error());
    redis_.Command({"SADD", admission::kActiveCouponsKey, std::to_string(coupon.value)});
}

}  // namespace coupon::queue
