#include "load/run_load.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "load/worker.h"

namespace coupon::load {
namespace {

/// From "all connections stand" to the first intended time: threads have started by then.
constexpr std::int64_t kLeadNs = 10'000'000;

Result<void> CheckOptions(const LoadOptions& options) {
    if (options.classes.empty() || options.threads == 0) {
        return InvalidArgument("classes", "there is no class of requests, or no thread");
    }
    if (options.timeout <= std::chrono::nanoseconds(0)) {
        return InvalidArgument("timeout", "the time-out is 0");
    }
    for (const ClassOptions& one : options.classes) {
        if (!one.source) {
            return InvalidArgument("source", "class " + one.name + " has no source of requests");
        }
        if (one.connections < options.threads) {
            return InvalidArgument("connections", "class " + one.name +
                                                      " has fewer connections than there are "
                                                      "threads");
        }
    }
    return {};
}

std::size_t SocketsOf(const LoadOptions& options) {
    std::size_t sockets = options.idle_connections + options.threads;
    for (const ClassOptions& one : options.classes) sockets += one.connections;
    return sockets;
}

LoadResult Gather(const LoadOptions& options, const std::vector<std::unique_ptr<Worker>>& workers) {
    LoadResult result;
    result.classes.resize(options.classes.size());
    for (const auto& worker : workers) {
        for (std::size_t index = 0; index < result.classes.size(); ++index) {
            const ClassResult& one = worker->Lanes()[index].Result();
            result.classes[index].Merge(one);
            result.classes[index].name = one.name;
            result.classes[index].open_loop = one.open_loop;
        }
        result.threads.push_back(worker->Use());
        result.seconds = std::max(result.seconds, worker->Use().seconds);
    }
    return result;
}

}  // namespace

Result<LoadResult> RunLoad(const LoadOptions& options) {
    if (auto checked = CheckOptions(options); !checked) {
        return std::unexpected(std::move(checked.error()));
    }
    if (auto allowed = AllowSockets(SocketsOf(options)); !allowed) {
        return std::unexpected(std::move(allowed.error()));
    }
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(options.timeout);
    const auto idle = IdleConnections::OpenAll(options.target, options.idle_connections, timeout);
    if (!idle) return std::unexpected(idle.error());
    std::vector<std::unique_ptr<Worker>> workers;
    workers.reserve(options.threads);
    for (std::size_t number = 0; number < options.threads; ++number) {
        workers.push_back(std::make_unique<Worker>(options, number));
        if (auto connected = workers.back()->Connect(); !connected) {
            return std::unexpected(std::move(connected.error()));
        }
    }
    {
        const std::int64_t start_ns = MonotonicNs() + kLeadNs;
        std::vector<std::jthread> threads;
        threads.reserve(workers.size());
        for (const auto& worker : workers) {
            threads.emplace_back([&worker, start_ns] { worker->Run(start_ns); });
        }
    }
    LoadResult result = Gather(options, workers);
    result.idle_connections = idle->Count();
    result.idle_lost = idle->Lost();
    JudgeGenerator(result, options.lateness_bound.count());
    return result;
}

}  // namespace coupon::load
