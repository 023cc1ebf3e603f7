#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/limits_distributed.h"
#include "queue/round_planner.h"

namespace coupon::queue {

/// A planner whose streams and writers are played by hand.
class RoundPlannerTest : public ::testing::Test {
protected:
    using milliseconds = std::chrono::milliseconds;
    using seconds = std::chrono::seconds;

    static constexpr std::string_view kRun = "run";
    static constexpr CouponId kOne{1};
    static constexpr CouponId kTwo{2};

    static QueuedEntry Entry(CouponId coupon, std::string id, std::size_t claims) {
        QueuedEntry entry{.id = std::move(id), .epoch = 1, .claims = {}};
        for (std::size_t i = 0; i < claims; ++i) {
            entry.claims.push_back({coupon, Sequence{1}, UserId{1}, WallTime{}});
        }
        return entry;
    }
    static Taken Entries(CouponId coupon, const std::vector<std::string>& ids,
                         std::size_t claims = 1) {
        Taken taken{.kind = Taken::Kind::kTaken, .epoch = 1};
        for (const std::string& id : ids) taken.entries.push_back(Entry(coupon, id, claims));
        return taken;
    }
    /// The coupons that are read, leases that are only renewed left out.
    std::vector<std::int64_t> Planned() {
        std::vector<std::int64_t> coupons;
        for (const TakeRequest& request : planner_.PlanTakes(now_, kRun)) {
            if (request.claims > 0) coupons.push_back(request.coupon.value);
        }
        return coupons;
    }
    void Give(CouponId coupon, Taken taken, std::string cursor = "") {
        planner_.OnTaken({coupon, std::move(cursor), 10}, kRun, std::move(taken), now_);
    }
    /// The work in a writer's hands fails, with the longest pause.
    void Fail(std::optional<Work> work) {
        ASSERT_TRUE(work);
        const CouponId coupon = work->coupon;
        planner_.OnDone(coupon, {.again = std::move(work)}, now_, 1);
    }
    /// The entries' ids of the next write; empty without one.
    std::vector<std::string> NextIds() {
        const auto work = planner_.NextWork(now_);
        std::vector<std::string> ids;
        if (work) {
            for (const QueuedEntry& entry : work->entries) ids.push_back(entry.id);
        }
        return ids;
    }

    MonotonicTime now_{seconds(100)};
    RoundPlanner planner_{{.batch_max = 10, .writers = 4, .lease = seconds(10)}};
};

}  // namespace coupon::queue
