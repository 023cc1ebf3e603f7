#include "tests/contract/redis_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <utility>

#include "admission/redis_accepted.h"
#include "admission/redis_keys.h"
#include "common/check.h"
#include "ledger/mysql_issuance_writer.h"
#include "ledger/mysql_migrations.h"
#include "tests/support/mariadb_server.h"

namespace coupon::contract {
namespace {

constexpr std::chrono::seconds kPatience{10};
/// A test takes less, and the suite's times are hours apart.
constexpr std::chrono::minutes kSlack{30};

template <class T>
T Must(Result<T> result) {
    if (!result) ADD_FAILURE() << Describe(result.error());
    CHECK(result.has_value());
    return *std::move(result);
}

}  // namespace

RedisStore::RedisStore()
    : AdmissionStore(kSlack), database_(support::MariadbServer::Shared().NewDatabase()) {
    pool_ = Must(ledger::MysqlPool::Create(database_));
    Must(ledger::MigrateSchema(*pool_));
    coupons_ = std::make_unique<ledger::MysqlCoupons>(*pool_);
    reader_ = std::make_unique<ledger::MysqlReader>(*pool_);
    redis_options_.url =
        Must(redis::RedisUrl::Parse(fmt::format("redis://127.0.0.1:{}", redis_.Port())));
    session_ = Must(redis::RedisSession::Create(redis_options_));
    // A busy machine may take longer than users wait for.
    const auto load = [this](CouponId id) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        auto loaded = admission_->Load(id);
        while (!loaded && loaded.error().retry_is_safe &&
               std::chrono::steady_clock::now() < deadline) {
            loaded = admission_->Load(id);
        }
        return loaded;
    };
    lookup_ = Must(admission::RedisLookup::Create(redis_options_, *coupons_, *reader_, load));
}

RedisStore::~RedisStore() = default;

std::unique_ptr<admission::Admission> RedisStore::Open() {
    Settle();
    redis_.Command({"FLUSHALL"});
    auto opened = Must(admission::RedisAdmission::Open({.redis = redis_options_}, *pool_, clock_));
    admission_ = opened.get();
    return opened;
}

void RedisStore::SetNow(WallTime now) {
    const auto real = std::chrono::floor<std::chrono::milliseconds>(clock_.WallNow());
    const std::chrono::milliseconds delta = (real - now) - shift_;
    Settle();
    shift_ += delta;
    const auto moved = [&](std::string_view column) {
        return fmt::format("{0} = {0} + INTERVAL {1} MICROSECOND", column, delta.count() * 1'000);
    };
    auto& server = support::MariadbServer::Shared();
    for (const std::string& statement :
         {fmt::format("UPDATE coupon SET {}, {}, {}", moved("issue_start_date"),
                      moved("issue_end_date"), moved("expires_at")),
          fmt::format("UPDATE coupon_issuance SET {}, {}", moved("date_issued"),
                      moved("date_used"))}) {
        EXPECT_EQ(server.Sql(statement, database_.database), "");
    }
    for (const CouponId id : Coupons()) {
        const std::string policy = admission::RedisKeys(id).policy;
        if (redis_.Command({"EXISTS", policy}) == "1") {
            for (const std::string_view field : {"start", "end"}) {
                redis_.Command({"HINCRBY", policy, field, std::to_string(delta.count())});
            }
        }
        // A change that changes nothing: what the loops remember of the coupon is dropped.
        std::promise<void> done;
        admission_->Apply(
            admission::UpdateCoupon{.id = id, .name = "contract", .issue_end = {}, .state = {}},
            [&](const Result<admission::CouponView>& view) {
                EXPECT_TRUE(view);
                done.set_value();
            });
        done.get_future().wait();
    }
}

std::vector<CouponId> RedisStore::Coupons() const {
    std::vector<CouponId> ids;
    for (const auto& row : Must(coupons_->List(CouponId{}, 1'000))) ids.push_back(row.coupon.id);
    return ids;
}

/// A consumer's work, at once.
void RedisStore::Settle() {
    for (const CouponId id : Coupons()) SettleCoupon(id);
}

void RedisStore::SettleCoupon(CouponId id) {
    const admission::RedisKeys keys(id);
    ledger::MysqlIssuanceWriter writer(*pool_);
    const auto entries = Must(session_->Call({"XRANGE", keys.accepted, "-", "+"}, kPatience));
    for (std::size_t i = 0; i < entries.Size(); ++i) {
        const auto batch = Must(admission::ParseAccepted(entries[i][1]));
        std::vector<Issuance> rows;
        std::int64_t sequence = batch.first.value;
        for (const UserId user : batch.users) {
            rows.push_back({id, Sequence{sequence++}, user, batch.issued_at});
        }
        const auto report = Must(writer.Write(id, Must(coupons_->Find(id))->epoch, rows));
        EXPECT_EQ(report.verdict, ledger::WriteVerdict::kWritten);
        EXPECT_EQ(report.conflicts.size(), 0U);
        redis_.Command({"XDEL", keys.accepted, entries[i][0].Text()});
        redis_.Command({"HINCRBY", keys.policy, "queued", fmt::format("-{}", rows.size())});
    }
}

std::optional<admission::CouponView> RedisStore::FindCoupon(CouponId id) const {
    return Must(lookup_->FindCoupon(id));
}

std::vector<admission::CouponView> RedisStore::ListCoupons(CouponId after,
                                                           std::size_t limit) const {
    return Must(lookup_->ListCoupons(after, limit));
}

std::optional<admission::Holding> RedisStore::FindHolding(CouponId id, UserId user) const {
    const auto record = Must(lookup_->FindClaim(id, user));
    return record ? std::optional(record->holding) : std::nullopt;
}

std::vector<admission::Holding> RedisStore::HoldingsOf(UserId user) const {
    std::vector<admission::Holding> holdings;
    for (const auto& record : Must(lookup_->HoldingsOf(user))) holdings.push_back(record.holding);
    return holdings;
}

}  // namespace coupon::contract
