// How fast admitted claims become rows of the ledger in MySQL: batches into an empty table, as the
// consumer writes them, and the rows read again, as the loader reads them. Starts Debian's mariadbd
// in a temporary folder, on loopback, with innodb_flush_log_at_trx_commit=1, and removes both.
//     build/release/bench/ledger-drain --rows 1000000 --batch 5000
// Acknowledgement level of what it writes: durable.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "common/check.h"
#include "common/exit_code.h"
#include "common/limits.h"
#include "ledger/mysql_issuance_writer.h"
#include "ledger/mysql_migrations.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_reader.h"
#include "tests/support/mariadb_server.h"

namespace coupon {
namespace {

using Clock = std::chrono::steady_clock;
constexpr WallTime kNow{std::chrono::milliseconds{1'795'608'000'123}};  // 2026

struct Plan {
    std::int64_t rows = 1'000'000;
    std::int64_t batch = 5'000;
    int coupons = 1;
    bool users_ascend = false;
    std::string dropped_index;
};

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Users spread over all ids, as a shop's are, or one after the other.
UserId UserOf(std::int64_t number, bool ascending) {
    if (ascending) return UserId{number};
    const auto mixed = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ULL;
    return UserId{static_cast<std::int64_t>(mixed >> 1) | 1};
}

/// CPU seconds that a process has used so far; `pid` may be "self".
double CpuSeconds(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string word;
    constexpr int kUserTime = 14;  // its place in the line, counted from 1; the system's follows
    for (int i = 1; i < kUserTime; ++i) file >> word;
    std::int64_t user = 0;
    std::int64_t system = 0;
    file >> user >> system;
    return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Writes the rows of one coupon; the time goes to the ledger and the sorting that is part of it.
Result<void> WriteCoupon(ledger::MysqlPool& pool, CouponId coupon, const Plan& plan) {
    ledger::MysqlIssuanceWriter writer(pool);
    std::vector<Issuance> batch;
    const std::int64_t rows = plan.rows / plan.coupons;
    for (std::int64_t number = 1; number <= rows; ++number) {
        batch.push_back({coupon, Sequence{number}, UserOf(number, plan.users_ascend), kNow});
        if (std::ssize(batch) < plan.batch && number != rows) continue;
        const auto report = writer.Write(coupon, 0, batch);
        if (!report) return std::unexpected(report.error());
        CHECK(report->verdict == ledger::WriteVerdict::kWritten);
        CHECK(report->new_rows == batch.size());
        batch.clear();
    }
    return {};
}

Result<void> WriteAll(ledger::MysqlPool& pool, const Plan& plan) {
    std::vector<Result<void>> results(static_cast<std::size_t>(plan.coupons));
    std::vector<std::thread> writers;
    writers.reserve(results.size());
    for (int i = 0; i < plan.coupons; ++i) {
        writers.emplace_back([&, i] {
            results[static_cast<std::size_t>(i)] = WriteCoupon(pool, CouponId{i + 1}, plan);
        });
    }
    for (std::thread& writer : writers) writer.join();
    const auto failed = std::ranges::find_if(results, [](const auto& one) { return !one; });
    return failed == results.end() ? Result<void>{} : *failed;
}

Result<void> Prepare(ledger::MysqlPool& pool, const Plan& plan) {
    if (auto migrated = ledger::MigrateSchema(pool); !migrated) {
        return std::unexpected(migrated.error());
    }
    auto lease = pool.Take();
    if (!lease) return std::unexpected(lease.error());
    for (int i = 0; i < plan.coupons; ++i) {
        auto inserted = (*lease)->Execute(
            "INSERT INTO coupon (name, discount_price, minimum_price, issue_start_date, "
            "issue_end_date, state, created_at, updated_at) "
            "VALUES ('drain', 0, 0, '2026-01-01', '2099-01-01', 'open', NOW(6), NOW(6))");
        if (!inserted) return inserted;
    }
    if (plan.dropped_index.empty()) return {};
    return (*lease)->Execute("ALTER TABLE coupon_issuance DROP INDEX " + plan.dropped_index);
}

/// Runs `work` and prints what it cost a row.
Result<void> Measure(std::string_view what, const Plan& plan, const std::string& server_pid,
                     const std::function<Result<void>()>& work) {
    const double server_before = CpuSeconds(server_pid);
    const double own_before = CpuSeconds("self");
    const auto begin = Clock::now();
    if (auto done = work(); !done) return done;
    const double seconds = Seconds(Clock::now() - begin);
    const auto rows = static_cast<double>(plan.rows);
    fmt::print("{}: {:.0f} rows/s; CPU a row: server {:.2f} us, client {:.2f} us\n", what,
               rows / seconds, 1e6 * (CpuSeconds(server_pid) - server_before) / rows,
               1e6 * (CpuSeconds("self") - own_before) / rows);
    return {};
}

Result<void> Run(const Plan& plan) {
    support::MariadbServer server({"--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M"});
    std::string server_pid;
    std::ifstream(server.Folder() / "pid") >> server_pid;
    auto pool = ledger::MysqlPool::Create(server.NewDatabase());
    if (!pool) return std::unexpected(pool.error());
    if (auto ready = Prepare(**pool, plan); !ready) return ready;
    fmt::print("{} rows of {} coupon(s), batches of {}, users {}{}\n", plan.rows, plan.coupons,
               plan.batch, plan.users_ascend ? "ascending" : "spread",
               plan.dropped_index.empty() ? "" : ", without " + plan.dropped_index);
    auto written = Measure("write", plan, server_pid, [&] { return WriteAll(**pool, plan); });
    // Without an index, reading would be another thing or, without the one that it names, fail.
    if (!written || !plan.dropped_index.empty()) return written;
    return Measure("read", plan, server_pid, [&]() -> Result<void> {
        for (int i = 0; i < plan.coupons; ++i) {
            auto read = ledger::MysqlReader(**pool).VisitIssuances(
                CouponId{i + 1}, Sequence{0}, [](const Issuance&) { return Result<void>{}; });
            if (!read) return read;
        }
        return {};
    });
}

int Main(int count, char** words) {
    Plan plan;
    CLI::App app("ledger-drain: rows a second into and out of the ledger in MySQL");
    app.add_option("--rows", plan.rows)->check(CLI::Range(std::int64_t{1}, limits::kSequenceMax));
    app.add_option("--batch", plan.batch)->check(CLI::Range(1, 1'000'000));
    app.add_option("--coupons", plan.coupons, "each with a writer of its own")
        ->check(CLI::Range(1, 8));
    app.add_flag("--ascending", plan.users_ascend, "users one after the other, not spread");
    app.add_option("--drop-index", plan.dropped_index, "to see what writing it costs")
        ->check(CLI::IsMember({"issuance_of_sequence", "issuance_by_user"}));
    CLI11_PARSE(app, count, words);
    plan.rows -= plan.rows % plan.coupons;
    const auto done = Run(plan);
    if (done) return kExitOk;
    fmt::print(stderr, "ledger-drain: {}\n", Describe(done.error()));
    return ExitCodeOf(done.error());
}

}  // namespace
}  // namespace coupon

int main(int count, char** words) { return coupon::Main(count, words); }
