#include "admission/redis_winners.h"

#include <string>
#include <utility>

#include "admission/redis_keys.h"
#include "common/limits_distributed.h"
#include "common/parse_number.h"

namespace coupon::admission {
namespace {

constexpr std::string_view kWinnersPerCall = "1000";

}  // namespace

Result<std::optional<std::int64_t>> RedisWinners::Count(CouponId id,
                                                        const WinnersVersion& version) {
    const auto policy =
        session_.Call({"HMGET", RedisKeys(id).policy, "run", "epoch", "next", "admitted"},
                      limits::kRedisCallPatience);
    if (!policy) return std::unexpected(policy.error());
    const auto number = [&](std::size_t index) {
        return ParseWhole<std::int64_t>((*policy)[index].Text());
    };
    const bool same = !(*policy)[0].Text().empty() && (*policy)[0].Text() == session_.RunId() &&
                      number(1) == version.epoch && number(2) == version.next.value;
    return same ? number(3) : std::nullopt;
}

bool RedisWinners::HaveRoomFor(std::int64_t winners) {
    if (winners > limits::kWinnersFilteredMax) return false;
    std::erase_if(filters_, [](const auto& entry) { return entry.second.expired(); });
    std::size_t bytes = WinnerFilter::BytesFor(winners);
    for (const auto& [id, filter] : filters_) {
        if (const auto alive = filter.lock()) bytes += alive->Bytes();
    }
    return bytes <= limits::kWinnerFilterBytesMax;
}

// HSCAN returns all that are there from its first call to its last. The version was the same before
// and after it, so nobody was added meanwhile, and nobody is missing.
Result<std::shared_ptr<const WinnerFilter>> RedisWinners::Find(CouponId id,
                                                               const WinnersVersion& version) {
    if (const auto known = filters_.find(id); known != filters_.end()) {
        auto filter = known->second.lock();
        if (filter != nullptr && filter->Version() == version) return filter;
    }
    const auto winners = Count(id, version);
    if (!winners) return std::unexpected(winners.error());
    if (!*winners || !HaveRoomFor(**winners)) return nullptr;
    auto filter = std::make_shared<WinnerFilter>(version, **winners);
    const std::string users = RedisKeys(id).users;
    std::string cursor = "0";
    do {
        const auto page = session_.Call({"HSCAN", users, cursor, "COUNT", kWinnersPerCall},
                                        limits::kRedisCallPatience);
        if (!page) return std::unexpected(page.error());
        cursor = (*page)[0].Text();
        const redis::RedisReply& entries = (*page)[1];
        for (std::size_t i = 0; i < entries.Size(); i += 2) {
            filter->Add(UserId{ParseWhole<std::int64_t>(entries[i].Text()).value_or(0)});
        }
    } while (cursor != "0");
    const auto still = Count(id, version);
    if (!still) return std::unexpected(still.error());
    if (*still != *winners) return nullptr;
    filters_[id] = filter;
    return filter;
}

}  // namespace coupon::admission
