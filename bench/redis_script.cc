// What claim.lua costs: claims a second of one Redis core, and bytes a held user. Starts a
// redis-server of its own, pinned to one core, without a log; sends batches of one unlimited
// coupon, each user new, a few calls always under way.
//     build/release/bench/redis-script [CLAIMS=1000000 [BATCH=128 [RUNS=5]]]
// Acknowledgement level: process (appendonly no).

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "admission/redis_keys.h"
#include "admission/redis_scripts.h"
#include "common/check.h"
#include "common/exit_code.h"
#include "common/limits_distributed.h"
#include "common/parse_number.h"
#include "redis/redis_client.h"
#include "tests/support/redis_server.h"

namespace coupon {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kCallsUnderWay = 4;
constexpr std::chrono::minutes kPatience{5};

/// Users spread over all ids, as a shop's are: 19 digits most of them.
std::int64_t UserOf(std::int64_t number) {
    const auto mixed = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::int64_t>(mixed >> 1) | 1;
}

struct Measured {
    double claims_per_core_second = 0;  ///< of CPU time of Redis' main thread
    double claims_per_second = 0;  ///< by the clock
    double user_bytes = 0;
    double stream_bytes = 0;
};

/// The number behind "NAME:" in INFO.
double Info(const support::RedisServer& server, const std::string& name) {
    const std::string info = server.Command({"INFO"});
    const std::size_t found = info.find("\n" + name + ":");
    CHECK(found != std::string::npos);
    return std::strtod(info.c_str() + found + name.size() + 2, nullptr);
}

double CpuSeconds(const support::RedisServer& server) {
    return Info(server, "used_cpu_user_main_thread") + Info(server, "used_cpu_sys_main_thread");
}

/// Sends all claims, `batch` a call.
class Sender {
public:
    Sender(redis::RedisClient& client, std::int64_t claims, std::int64_t batch)
        : client_(client), claims_(claims), batch_(batch), run_(client.RunId()) {
        for (std::size_t i = 0; i < kCallsUnderWay; ++i) Next();
    }
    bool Done() const { return answered_ == claims_; }

private:
    void Next() {
        const std::int64_t count = std::min(batch_, claims_ - sent_);
        if (count == 0) return;
        std::vector<std::string> users;
        for (std::int64_t i = 1; i <= count; ++i)
            users.push_back(fmt::to_string(UserOf(sent_ + i)));
        sent_ += count;
        std::vector<std::string_view> words = {run_, "1", "1000000000"};
        words.insert(words.end(), users.begin(), users.end());
        const std::array<std::string_view, 3> names = {keys_.policy, keys_.users, keys_.accepted};
        const redis::RedisScript& script = admission::Scripts().claim;
        client_.Send(script.ByHash(names, words), Clock::now() + kPatience,
                     [this, count](Result<redis::RedisReply> reply) {
                         CHECK(reply && (*reply)[4].Integer() == count);
                         answered_ += count;
                         Next();
                     });
    }

    redis::RedisClient& client_;
    const std::int64_t claims_;
    const std::int64_t batch_;
    const std::string run_;
    const admission::RedisKeys keys_{CouponId{1}};
    std::int64_t sent_ = 0;
    std::int64_t answered_ = 0;
};

Measured Run(std::int64_t claims, std::int64_t batch) {
    support::RedisServer server({"--server_cpulist", "0"});
    boost::asio::io_context io{1};
    redis::RedisOptions options;
    options.url =
        redis::RedisUrl::Parse(fmt::format("redis://127.0.0.1:{}", server.Port())).value();
    auto client = redis::RedisClient::Create(io, options, [](const redis::RedisState&) {}).value();
    client->Start();
    while (!client->Up()) io.run_one();
    const admission::RedisKeys keys(CouponId{1});
    server.Command({"HSET",     keys.policy,
                    "run",      client->RunId(),
                    "epoch",    "1",
                    "state",    "0",
                    "start",    "1700000000000",
                    "end",      "9900000000000",
                    "total",    "",
                    "next",     "1",
                    "admitted", "0",
                    "queued",   "0",
                    "change",   "0"});
    // Into Redis' cache of scripts.
    bool known = false;
    client->Send(admission::Scripts().claim.ByText({}, {}), Clock::now() + kPatience,
                 [&](const Result<redis::RedisReply>&) { known = true; });
    while (!known) io.run_one();

    const double cpu_before = CpuSeconds(server);
    const auto begin = Clock::now();
    Sender sender(*client, claims, batch);
    while (!sender.Done()) io.run_one();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const double cpu = CpuSeconds(server) - cpu_before;
    const auto bytes = [&](const std::string& key) {
        return std::strtod(server.Command({"MEMORY", "USAGE", key, "SAMPLES", "0"}).c_str(),
                           nullptr);
    };
    const auto count = static_cast<double>(claims);
    return {.claims_per_core_second = count / cpu,
            .claims_per_second = count / seconds,
            .user_bytes = bytes(keys.users) / count,
            .stream_bytes = bytes(keys.accepted) / count};
}

/// Redis has core 0, the generator the others.
void LeaveCoreZero() {
    cpu_set_t cores;
    CHECK(::sched_getaffinity(0, sizeof cores, &cores) == 0);
    if (CPU_COUNT(&cores) < 2) return;
    CPU_CLR(0, &cores);
    CHECK(::sched_setaffinity(0, sizeof cores, &cores) == 0);
}

int Main(std::int64_t claims, std::int64_t batch, std::int64_t runs) {
    if (claims < 1 || batch < 1 || runs < 1 ||
        batch > static_cast<std::int64_t>(limits::kClaimsPerCallMax)) {
        fmt::print(stderr, "usage: redis-script [CLAIMS [BATCH [RUNS]]]\n");
        return kExitUsage;
    }
    LeaveCoreZero();
    std::vector<Measured> all;
    for (std::int64_t i = 0; i < runs; ++i) {
        all.push_back(Run(claims, batch));
        const Measured& one = all.back();
        fmt::print(
            "run {}: {:.0f} claims a second of Redis' core, {:.0f} by the clock; {:.1f} "
            "bytes a user, {:.1f} in the stream\n",
            i + 1, one.claims_per_core_second, one.claims_per_second, one.user_bytes,
            one.stream_bytes);
    }
    std::ranges::sort(all, {}, &Measured::claims_per_core_second);
    fmt::print("{} claims, batches of {}, median of {}: {:.0f} claims a second of Redis' core\n",
               claims, batch, runs, all[all.size() / 2].claims_per_core_second);
    return kExitOk;
}

}  // namespace
}  // namespace coupon

int main(int count, char** words) {
    const auto number = [&](int index, std::int64_t otherwise) {
        return index < count ? coupon::ParseWhole<std::int64_t>(words[index]).value_or(0)
                             : otherwise;
    };
    return coupon::Main(number(1, 1'000'000), number(2, 128), number(3, 5));
}
