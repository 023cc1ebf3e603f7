// How fast coupon-consumer drains a queue: a redis-server and a mariadbd of its own (flush at every
// commit), N claims queued in batches as admission writes them, an empty table; then the program
// itself, until the stream is empty.
//
//     consumer-drain PROGRAM [CLAIMS [BATCH_MAX [COUPONS]]]
//
// PROGRAM is a coupon-consumer. Says rows a second and the CPU seconds of the consumer, mariadbd
// and redis-server between the start of the program and the empty streams.

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admission/redis_keys.h"
#include "admission/redis_loader.h"
#include "admission/redis_scripts.h"
#include "common/check.h"
#include "common/clock.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_migrations.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_reader.h"
#include "redis/redis_session.h"
#include "tests/support/mariadb_server.h"
#include "tests/support/redis_server.h"

namespace coupon {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::int64_t kUsersPerCall = 512;

struct Plan {
    std::string program;
    std::int64_t claims = 1'000'000;
    std::int64_t batch_max = 5'000;
    std::int64_t coupons = 1;
};

/// The process whose command line has both words; servers of tests stand in folders and on ports
/// of their own.
pid_t ProcessOf(std::string_view program, std::string_view word) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "cmdline");
        const std::string words(std::istreambuf_iterator<char>(file), {});
        const std::string name = entry.path().filename();
        if (words.contains(program) && words.contains(word)) return std::atoi(name.c_str());
    }
    return 0;
}

/// CPU seconds that a process has used.
double CpuOf(pid_t process) {
    std::ifstream file(fmt::format("/proc/{}/stat", process));
    std::string text(std::istreambuf_iterator<char>(file), {});
    text.erase(0, text.rfind(')') + 2);
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size(); at = text.find(' ', at) + 1) {
        words.push_back(text.substr(at, text.find(' ', at) - at));
        if (text.find(' ', at) == std::string::npos) break;
    }
    // utime and stime, fields 14 and 15 of the whole line.
    const double ticks =
        words.size() > 12 ? std::atof(words[11].c_str()) + std::atof(words[12].c_str()) : 0;
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

CouponId MakeCoupon(ledger::MysqlPool& pool, redis::RedisSession& session, std::int64_t number) {
    const WallTime now = SystemClock().WallNow();
    ledger::MysqlCoupons coupons(pool);
    ledger::MysqlReader reader(pool);
    const auto made = coupons.Create({.id = {},
                                      .name = fmt::format("drain {}", number),
                                      .total_quantity = std::nullopt,
                                      .discount_price = {},
                                      .minimum_price = {},
                                      .issue_start = now - std::chrono::hours(1),
                                      .issue_end = now + std::chrono::hours(1),
                                      .expires_at = std::nullopt,
                                      .state = CouponState::kOpen,
                                      .shadow = false,
                                      .created_at = {},
                                      .updated_at = {}},
                                     "bench");
    CHECK(made.has_value());
    admission::RedisLoader loader(session, coupons, reader);
    CHECK(loader.Load(made->coupon.id).has_value());
    return made->coupon.id;
}

/// Users come in no order, as they do.
void Queue(redis::RedisSession& session, CouponId coupon, std::int64_t claims) {
    const admission::RedisKeys keys(coupon);
    const std::array<std::string_view, 3> names = {keys.policy, keys.users, keys.accepted};
    const std::string run = session.RunId();
    for (std::int64_t at = 0; at < claims; at += kUsersPerCall) {
        std::vector<std::string> users;
        for (std::int64_t i = at; i < std::min(claims, at + kUsersPerCall); ++i) {
            users.push_back(std::to_string((i * 2'654'435'761) % 4'294'967'296 + 1));
        }
        std::vector<std::string_view> arguments = {run, "1", "1000000000"};
        arguments.insert(arguments.end(), users.begin(), users.end());
        const auto reply = session.Run(admission::Scripts().claim, names, arguments, kPatience);
        CHECK(reply && (*reply)[0].Text() == "ok");
    }
}

pid_t StartConsumer(const Plan& plan, const support::RedisServer& redis,
                    const ledger::MysqlOptions& ledger) {
    std::vector<std::string> words = {plan.program, "--set", "server.port=0"};
    for (std::string set :
         {fmt::format("redis.url=redis://127.0.0.1:{}", redis.Port()),
          fmt::format("datasource.url=mysql://127.0.0.1:{}/{}", ledger.port, ledger.database),
          fmt::format("consumer.batch_max={}", plan.batch_max)}) {
        words.emplace_back("--set");
        words.push_back(std::move(set));
    }
    const pid_t process = ::fork();
    CHECK(process >= 0);
    if (process > 0) return process;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<char*> texts;
    texts.reserve(words.size() + 1);
    for (std::string& word : words) texts.push_back(word.data());
    texts.push_back(nullptr);
    ::execv(texts[0], texts.data());
    ::_exit(127);
}

std::int64_t Waiting(redis::RedisSession& session, std::span<const CouponId> coupons) {
    std::int64_t waiting = 0;
    for (const CouponId coupon : coupons) {
        const auto reply = session.Call(
            redis::RedisCommand({"XLEN", admission::RedisKeys(coupon).accepted}), kPatience);
        CHECK(reply.has_value());
        waiting += reply->Integer().value_or(0);
    }
    return waiting;
}

void Measure(const Plan& plan) {
    support::RedisServer redis;
    // As large as the data, and as ledger-drain has it; the tests' own servers are small.
    support::MariadbServer mariadb({"--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M"});
    const ledger::MysqlOptions ledger = mariadb.NewDatabase();
    auto pool = ledger::MysqlPool::Create(ledger);
    CHECK(pool && ledger::MigrateSchema(**pool));
    redis::RedisOptions options;
    options.url = *redis::RedisUrl::Parse(fmt::format("redis://127.0.0.1:{}", redis.Port()));
    auto session = redis::RedisSession::Create(options);
    CHECK(session && (*session)->WaitUntilUp(kPatience));

    std::vector<CouponId> coupons;
    for (std::int64_t i = 0; i < plan.coupons; ++i) {
        coupons.push_back(MakeCoupon(**pool, **session, i));
        Queue(**session, coupons.back(), plan.claims / plan.coupons);
    }
    const pid_t database = ProcessOf("mariadbd", mariadb.Folder().string());
    const pid_t store = ProcessOf("redis-server", fmt::format(":{}", redis.Port()));
    const double database_before = CpuOf(database);
    const double store_before = CpuOf(store);
    const auto started = std::chrono::steady_clock::now();
    const pid_t consumer = StartConsumer(plan, redis, ledger);
    while (Waiting(**session, coupons) > 0) {
        CHECK(::waitpid(consumer, nullptr, WNOHANG) == 0);
        // Waits for replicas that there are none of.
        CHECK((*session)->Call(redis::RedisCommand({"WAIT", "1", "20"}), kPatience).has_value());
    }
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    const double consumer_cpu = CpuOf(consumer);
    fmt::print(
        "{} claims of {} coupons in {:.2f} s: {:.0f} rows/s (with the start of the program)\n",
        plan.claims, plan.coupons, took, static_cast<double>(plan.claims) / took);
    fmt::print("CPU seconds: consumer {:.2f}, mariadbd {:.2f}, redis-server {:.2f}\n", consumer_cpu,
               CpuOf(database) - database_before, CpuOf(store) - store_before);
    fmt::print("rows in the table: {}",
               mariadb.Sql("SELECT COUNT(*) FROM coupon_issuance", ledger.database));
    ::kill(consumer, SIGTERM);
    int status = 0;
    ::waitpid(consumer, &status, 0);
    fmt::print("consumer's exit code: {}\n", WEXITSTATUS(status));
}

}  // namespace
}  // namespace coupon

int main(int count, char** words) {
    if (count < 2) {
        fmt::print(stderr, "usage: consumer-drain PROGRAM [CLAIMS [BATCH_MAX [COUPONS]]]\n");
        return 64;
    }
    coupon::Plan plan{.program = words[1]};
    if (count > 2) plan.claims = std::atoll(words[2]);
    if (count > 3) plan.batch_max = std::atoll(words[3]);
    if (count > 4) plan.coupons = std::atoll(words[4]);
    coupon::Measure(plan);
    return 0;
}
