#include "admission/redis_tender.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "admission/redis_keys.h"
#include "common/limits_distributed.h"
#include "common/parse_number.h"
#include "ledger/mysql_coupons.h"

namespace coupon::admission {

RedisTender::RedisTender(redis::RedisSession& session, RedisLoader& loader,
                         ledger::MysqlCoupons& coupons)
    : session_(session), loader_(loader), coupons_(coupons) {}

Result<RedisTender::Report> RedisTender::Tend(WallTime now) {
    Report report;
    if (auto done = LoadThoseThatOpen(now, report); !done) return std::unexpected(done.error());
    if (auto done = UnloadThoseThatEnded(now, report); !done) return std::unexpected(done.error());
    return report;
}

Result<void> RedisTender::LoadThoseThatOpen(WallTime now, Report& report) {
    const auto ids = coupons_.Draining(now);
    if (!ids) return std::unexpected(ids.error());
    for (const CouponId id : *ids) {
        const auto found = coupons_.Find(id);
        if (!found) return std::unexpected(found.error());
        if (!*found) continue;
        const WallTime start = (*found)->coupon.issue_start;
        if (start <= now || start > now + limits::kLoadedAhead) continue;
        const auto load = loader_.Load(id);
        if (load) {
            ++report.loaded;
        } else if (load.error().code == ErrorCode::kUnavailable) {
            return std::unexpected(load.error());
        }  // else it is this coupon's own trouble, and not that of the others
    }
    return {};
}

Result<void> RedisTender::UnloadThoseThatEnded(WallTime now, Report& report) {
    const auto active = session_.Call({"SMEMBERS", kActiveCouponsKey}, limits::kRedisCallPatience);
    if (!active) return std::unexpected(active.error());
    for (std::size_t i = 0; i < active->Size(); ++i) {
        const CouponId id{ParseWhole<std::int64_t>((*active)[i].Text()).value_or(0)};
        const auto found = coupons_.Find(id);
        if (!found) return std::unexpected(found.error());
        if (!*found) {
            if (auto dropped = DropUnknown(id, report); !dropped) return dropped;
            continue;
        }
        const auto over = IsOver(id, (*found)->coupon, now);
        if (!over) return std::unexpected(over.error());
        if (*over && loader_.Unload(id)) ++report.unloaded;  // else claims wait: next time
    }
    return {};
}

/// A coupon that somebody asked for long after its end is kept as long as any other: it would be
/// loaded and forgotten with every question.
Result<bool> RedisTender::IsOver(CouponId id, const Coupon& coupon, WallTime now) {
    if (coupon.issue_end + limits::kKeptLoaded > now) return false;
    const auto loaded =
        session_.Call({"HGET", RedisKeys(id).policy, "loaded"}, limits::kRedisCallPatience);
    if (!loaded) return std::unexpected(loaded.error());
    const std::chrono::milliseconds loaded_at{ParseWhole<std::int64_t>(loaded->Text()).value_or(0)};
    return WallTime{loaded_at} + limits::kKeptLoaded <= now;
}

/// The ledger has no such coupon: nobody can load it any more.
Result<void> RedisTender::DropUnknown(CouponId id, Report& report) {
    auto unloaded = loader_.Unload(id);
    if (unloaded) {
        ++report.unloaded;
        return {};
    }
    if (unloaded.error().code != ErrorCode::kConflict) return unloaded;
    const auto run =
        session_.Call({"HGET", RedisKeys(id).policy, "run"}, limits::kRedisCallPatience);
    if (!run) return std::unexpected(run.error());
    // While it is loaded a consumer takes the claims, and makes dead letters of them.
    if (!run->Text().empty() && run->Text() == session_.RunId()) return {};
    const auto removed = session_.Call({"SREM", kActiveCouponsKey, std::to_string(id.value)},
                                       limits::kRedisCallPatience);
    if (!removed) return std::unexpected(removed.error());
    report.orphaned.push_back(id);
    return {};
}

}  // namespace coupon::admission
