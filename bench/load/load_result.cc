#include "load/load_result.h"

#include <fmt/format.h>

#include <numeric>

namespace coupon::load {

std::uint64_t ClassResult::Requests() const {
    return std::accumulate(by_ending.begin(), by_ending.end(), std::uint64_t{0});
}

void ClassResult::Merge(const ClassResult& other) {
    for (std::size_t status = 0; status < by_status.size(); ++status) {
        by_status[status] += other.by_status[status];
    }
    for (std::size_t ending = 0; ending < by_ending.size(); ++ending) {
        by_ending[ending] += other.by_ending[ending];
    }
    reconnects += other.reconnects;
    winners.Merge(other.winners);
    refused.Merge(other.refused);
    errors.Merge(other.errors);
    service.Merge(other.service);
    lateness.Merge(other.lateness);
}

std::uint64_t LoadResult::Requests() const {
    std::uint64_t sum = 0;
    for (const ClassResult& result : classes) sum += result.Requests();
    return sum;
}

std::uint64_t LoadResult::Errors() const {
    std::uint64_t sum = 0;
    for (const ClassResult& result : classes) sum += result.Errors();
    return sum;
}

double LoadResult::CpuSeconds() const {
    double sum = 0;
    for (const ThreadUse& use : threads) sum += use.cpu_seconds;
    return sum;
}

void JudgeGenerator(LoadResult& result, std::int64_t lateness_bound_ns) {
    result.limits.clear();
    for (const ClassResult& one : result.classes) {
        const std::int64_t late = one.lateness.Percentile(99);
        if (late > lateness_bound_ns) {
            result.limits.push_back(fmt::format(
                "class {}: 1 % of the requests left more than {:.2f} ms late although a connection "
                "was free",
                one.name, static_cast<double>(late) / 1e6));
        }
    }
    for (std::size_t thread = 0; thread < result.threads.size(); ++thread) {
        const double share = result.threads[thread].CpuShare();
        if (share > kCpuShareMax) {
            result.limits.push_back(
                fmt::format("thread {}: used {:.0f} % of a core", thread, share * 100));
        }
    }
}

}  // namespace coupon::load
