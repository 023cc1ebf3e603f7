#include "admission/redis_tender.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "admission/redis_keys.h"
#include "common/limits.h"
#include "common/parse_number.h"
#include "ledger/mysql_coupons.h"

namespace coupon::admission {
namespace {

constexpr std::chrono::minutes kLoadedAhead{1};
constexpr std::chrono::days kKeptAfterTheEnd{1};

}  // namespace

RedisTender::RedisTender(redis::RedisSession& session, RedisLoader& loader,
                         ledger::MysqlCoupons& coupons)
    : session_(session), loader_(loader), coupons_(coupons) {}

Result<RedisTender::Report> RedisTender::Tend(WallTime now) {
    const auto loaded = LoadThoseThatOpen(now);
    if (!loaded) return std::unexpected(loaded.error());
    const auto unloaded = UnloadThoseThatEnded(now);
    if (!unloaded) return std::unexpected(unloaded.error());
    return Report{.loaded = *loaded, .unloaded = *unloaded};
}

Result<std::size_t> RedisTender::LoadThoseThatOpen(WallTime now) {
    const auto ids = coupons_.Draining(now);
    if (!ids) return std::unexpected(ids.error());
    std::size_t loaded = 0;
    for (const CouponId id : *ids) {
        const auto found = coupons_.Find(id);
        if (!found) return std::unexpected(found.error());
        if (!*found) continue;
        const WallTime start = (*found)->coupon.issue_start;
        if (start <= now || start > now + kLoadedAhead) continue;
        const auto load = loader_.Load(id);
        if (load) {
            ++loaded;
        } else if (load.error().code == ErrorCode::kUnavailable) {
            return std::unexpected(load.error());
        }  // else it is this coupon's own trouble, and not that of the others
    }
    return loaded;
}

Result<std::size_t> RedisTender::UnloadThoseThatEnded(WallTime now) {
    const auto active = session_.Call({"SMEMBERS", kActiveCouponsKey}, limits::kRedisCallPatience);
    if (!active) return std::unexpected(active.error());
    std::size_t unloaded = 0;
    for (std::size_t i = 0; i < active->Size(); ++i) {
        const CouponId id{ParseWhole<std::int64_t>((*active)[i].Text()).value_or(0)};
        const auto found = coupons_.Find(id);
        if (!found) return std::unexpected(found.error());
        if (!*found || (*found)->coupon.issue_end + kKeptAfterTheEnd > now) continue;
        if (loader_.Unload(id)) ++unloaded;  // else claims wait for the ledger: next time
    }
    return unloaded;
}

}  // namespace coupon::admission
