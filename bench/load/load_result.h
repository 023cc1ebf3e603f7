#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "load/exchange.h"
#include "load/histogram.h"

namespace coupon::load {

/// What happened to the requests of one class. Durations in nanoseconds.
struct ClassResult {
    std::string name;
    bool open_loop = false;

    std::array<std::uint64_t, 600> by_status{};  ///< answers, by HTTP status
    std::array<std::uint64_t, kEndings> by_ending{};
    std::uint64_t reconnects = 0;

    // From the intended time: waiting for a connection and the generator's own lateness included.
    Histogram winners;  ///< answered 2xx
    Histogram refused;  ///< answered otherwise below 500: a decided "no"
    Histogram errors;  ///< 5xx and everything that is not kAnswered, until it was given up
    Histogram service;  ///< of all answers, from the actual send
    /// Actual send less intended time, or less the time a connection became free if that is later.
    Histogram lateness;

    std::uint64_t Requests() const;
    std::uint64_t Answered() const {
        return by_ending[static_cast<std::size_t>(Ending::kAnswered)];
    }
    std::uint64_t Errors() const { return errors.Count(); }
    void Merge(const ClassResult& other);
};

/// What one of the generator's threads used from the start to its last answer. Shares are of the
/// elapsed time, 0 to 1.
struct ThreadUse {
    double seconds = 0;
    double cpu_seconds = 0;  ///< user and system
    double wait_seconds = 0;  ///< asleep until something happened: what is left is its reserve

    double CpuShare() const { return seconds > 0 ? cpu_seconds / seconds : 0; }
    /// Not asleep: at work, or ready and waiting for a core that others use.
    double BusyShare() const { return seconds > 0 ? 1 - wait_seconds / seconds : 0; }
};

struct LoadResult {
    std::vector<ClassResult> classes;  ///< as in the options
    std::vector<ThreadUse> threads;
    double seconds = 0;  ///< from the start to the last answer
    std::size_t idle_connections = 0;
    std::size_t idle_lost = 0;  ///< of them, at the end

    /// Why the figures tell of the generator and not of the service; empty = they tell of the
    /// service.
    std::vector<std::string> limits;
    bool GeneratorLimited() const { return !limits.empty(); }

    std::uint64_t Requests() const;
    std::uint64_t Errors() const;
    double CpuSeconds() const;
};

/// Above this share of a core a thread has no reserve: what it measures is itself.
inline constexpr double kCpuShareMax = 0.95;

/// Fills `limits`: a class whose p99 lateness exceeds the bound, a thread whose CPU share exceeds
/// kCpuShareMax.
void JudgeGenerator(LoadResult& result, std::int64_t lateness_bound_ns);

}  // namespace coupon::load
