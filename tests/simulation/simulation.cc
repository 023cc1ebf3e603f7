#include "tests/simulation/simulation.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "tests/simulation/world.h"

namespace coupon::simulation {
namespace {

constexpr int kSteps = 220;
constexpr int kFirstCoupons = 3;

}  // namespace

World::World(const RunOptions& options, RunResult& result)
    : options_(options),
      result_(result),
      random_(options.seed),
      disk_(random_, clock_, result.coverage),
      vfs_(disk_, clock_, random_),
      workload_(random_, clock_),
      checkpoint_pages_(static_cast<int>(random_.Between(6, 40))) {
    disk_.OnStep([this] { AskDuringWrite(); });
    disk_.OnError([this] { result_.history.disk_errors.push_back(Now()); });
    if (options.bug == Bug::kSyncsDropped) disk_.DropSyncs();
}

void World::Live() {
    for (int i = 0; i < kSteps && result_.broken.empty(); ++i) {
        if (!service_) {
            Start();
        } else if (service_->Closed() && (workload_.LastCoupon().value == 0 || random_.OneIn(8))) {
            random_.OneIn(2) ? StopCleanly() : Bury(AnyCrash());
        } else if (workload_.LastCoupon().value < kFirstCoupons && !service_->Closed()) {
            ChangeSomething(workload_.NextCoupon());
        } else {
            Step();
        }
    }
}

void World::Step() {
    const std::int64_t roll = random_.Between(1, 100);
    if (roll <= 50) {
        for (std::int64_t more = random_.Between(1, 8); more > 0; --more) Ask(workload_.NextWish());
    } else if (roll <= 74) {
        RunRound();
    } else if (roll <= 82) {
        ChangeSomething(workload_.NextChange());
    } else if (roll <= 88) {
        clock_.Advance(std::chrono::milliseconds{random_.Between(1, 1'000)});
    } else if (roll <= 90) {
        JumpClock();
    } else if (roll <= 93) {
        ArmFault();
    } else if (roll <= 96) {
        disk_.CrashAfter(random_.Between(0, 20));
    } else if (roll == 97) {
        result_.coverage.Count(Event::kCrashIdle);
        Bury(AnyCrash());
    } else if (roll == 98) {
        StopCleanly();
    } else {
        See(CouponId{random_.Between(1, workload_.LastCoupon().value)}, false);
    }
}

RunResult Run(const RunOptions& options) {
    RunResult result;
    {
        World world(options, result);
        world.Live();
        world.Rest();
    }
    result.hash = HashOf(result.history, result.stored);
    // What cannot be read cannot be checked; it is a failure already.
    if (result.broken.empty()) result.violations = Check(result.history, result.stored);
    return result;
}

std::string FailureTitle(std::uint64_t seed) {
    const char* const commit = std::getenv("TEST_COMMIT");
    return fmt::format("seed {0} FAILED at commit {1}; replay: tests/simulation/run --seed {0} -v",
                       seed, commit != nullptr ? commit : "unknown (set TEST_COMMIT)");
}

}  // namespace coupon::simulation
