// What state costs: bytes a held coupon, start-up and the longest pause of the map's growth, for a
// number of holders of one unlimited coupon. Writes a store of its own into a folder that it
// removes; with --keep it only writes the store, and leaves it for a service to start over.
//     build/release/bench/state-size 10000000
//     build/release/bench/state-size 10000000 --keep FOLDER
// Acknowledgement level of what it writes: durable, as the service's.

#include <fmt/format.h>
#include <time.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admission/engine.h"
#include "admission/restore.h"
#include "common/check.h"
#include "common/exit_code.h"
#include "common/limits.h"
#include "common/parse_number.h"
#include "ledger/sqlite_ledger.h"

namespace coupon {
namespace {

using Clock = std::chrono::steady_clock;
constexpr CouponId kCoupon{1};
constexpr WallTime kNow{std::chrono::milliseconds{1'700'000'000'000}};  // 2023
constexpr auto kWindow = std::chrono::years{70};

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::size_t ResidentBytes() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    return pages * 4096;
}

Coupon UnlimitedCoupon() {
    Coupon coupon;
    coupon.id = kCoupon;
    coupon.name = "state size";
    coupon.issue_start = kNow;
    coupon.issue_end = kNow + std::chrono::duration_cast<std::chrono::milliseconds>(kWindow);
    return coupon;
}

/// Users spread over all ids, as a shop's are.
UserId UserOf(std::int64_t number) {
    const auto mixed = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ULL;
    return UserId{static_cast<std::int64_t>(mixed >> 1) | 1};
}

/// CPU time of this thread: what others take from a shared core is no pause of ours.
std::chrono::nanoseconds ThreadTime() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

struct Pause {
    std::chrono::nanoseconds longest{};
    std::int64_t at = 0;  ///< the holder that had to wait
};

/// Decides and commits one claim at a time, as the sequencer's thread would at the least load.
Pause LongestPause(std::int64_t holders) {
    admission::Engine engine(1);
    CHECK(engine.RestoreCoupon(UnlimitedCoupon()).has_value());
    Pause pause;
    for (std::int64_t number = 1; number <= holders; ++number) {
        const auto begin = ThreadTime();
        const auto reply = engine.Decide(
            {.coupon_id = kCoupon, .user_id = UserOf(number), .order_amount = {}}, kNow);
        engine.Commit();
        const auto took = ThreadTime() - begin;
        CHECK(reply.outcome == admission::Outcome::kAdmitted);
        if (took > pause.longest) pause = {took, number};
    }
    return pause;
}

Result<void> WriteStore(const std::filesystem::path& folder, std::int64_t holders) {
    auto ledger = ledger::SqliteLedger::Open({.data_dir = folder, .vfs = {}});
    if (!ledger) return std::unexpected(ledger.error());
    const auto created = (*ledger)->WriteCoupon(
        {.coupon = UnlimitedCoupon(), .action = "create", .detail = {}, .at = kNow});
    if (!created) return created;
    std::vector<Issuance> rows;
    for (std::int64_t number = 1; number <= holders; ++number) {
        rows.push_back({kCoupon, Sequence{number}, UserOf(number), kNow});
        if (rows.size() < limits::kBatchEntriesMax && number != holders) continue;
        const auto written = (*ledger)->Write({.issuances = rows, .redemptions = {}, .undos = {}});
        if (!written) return written;
        if (const auto moved = (*ledger)->CheckpointIfDue(); !moved) return moved;
        rows.clear();
    }
    return {};
}

Result<void> Measure(const std::filesystem::path& folder, std::int64_t holders) {
    const auto begin_write = Clock::now();
    if (auto written = WriteStore(folder, holders); !written) return written;
    const double write_seconds = Seconds(Clock::now() - begin_write);

    const std::size_t before = ResidentBytes();
    const auto begin_start = Clock::now();
    auto ledger = ledger::SqliteLedger::Open({.data_dir = folder, .vfs = {}});
    if (!ledger) return std::unexpected(ledger.error());
    admission::Engine engine(1);
    if (auto restored = admission::RestoreEngine(engine, **ledger); !restored) return restored;
    const double start_seconds = Seconds(Clock::now() - begin_start);
    const auto count = static_cast<double>(holders);
    fmt::print(
        "holders {}: written at {:.0f} rows/s; start {:.2f} s; {:.1f} bytes a holder in the "
        "engine, {:.1f} resident\n",
        holders, count / write_seconds, start_seconds,
        static_cast<double>(engine.MemoryBytes()) / count,
        static_cast<double>(ResidentBytes() - before) / count);
    return {};
}

/// Writes the store alone into `folder` and leaves it there.
Result<void> Keep(const std::filesystem::path& folder, std::int64_t holders) {
    const auto begin = Clock::now();
    if (auto written = WriteStore(folder, holders); !written) return written;
    const double seconds = Seconds(Clock::now() - begin);
    fmt::print("holders {}: written at {:.0f} rows/s\n", holders,
               static_cast<double>(holders) / seconds);
    return {};
}

/// All measurements, over a temporary store.
Result<void> MeasureAll(std::int64_t holders) {
    const Pause pause = LongestPause(holders);
    fmt::print("longest pause while the map grows to {}: {:.3f} ms of CPU, at holder {}\n", holders,
               1e3 * Seconds(pause.longest), pause.at);
    std::string folder = (std::filesystem::temp_directory_path() / "state_size_XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        return std::unexpected(Error{.code = ErrorCode::kCannotCreate,
                                     .operation = "make " + folder,
                                     .detail = std::strerror(errno)});
    }
    auto measured = Measure(folder, holders);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return measured;
}

int Main(std::string_view number, const char* kept_folder) {
    const std::int64_t holders = ParseWhole<std::int64_t>(number).value_or(0);
    if (holders < 1 || holders > limits::kSequenceMax) {
        fmt::print(stderr, "state-size: HOLDERS must be from 1 to {}\n", limits::kSequenceMax);
        return kExitUsage;
    }
    const auto done = kept_folder != nullptr ? Keep(kept_folder, holders) : MeasureAll(holders);
    if (done) return kExitOk;
    fmt::print(stderr, "state-size: {}\n", Describe(done.error()));
    return ExitCodeOf(done.error());
}

}  // namespace
}  // namespace coupon

int main(int count, char** words) {
    if (count == 2) return coupon::Main(words[1], nullptr);
    if (count == 4 && std::string_view(words[2]) == "--keep") {
        return coupon::Main(words[1], words[3]);
    }
    fmt::print(stderr, "usage: state-size HOLDERS [--keep FOLDER]\n");
    return coupon::kExitUsage;
}
