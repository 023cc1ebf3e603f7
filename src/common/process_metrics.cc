#include "common/process_metrics.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/metric_family.h"
#include "common/parse_number.h"

namespace coupon {
namespace {

/// A file of /proc as a whole; empty when it cannot be read.
std::string ReadFile(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> Words(std::string_view text) {
    std::istringstream stream{std::string(text)};
    return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

std::optional<std::uint64_t> NumberAt(const std::vector<std::string>& words, std::size_t index) {
    return index < words.size() ? ParseWhole<std::uint64_t>(words[index]) : std::nullopt;
}

/// /proc/self/stat behind the name, which may hold blanks and brackets: word 0 is field 3 of
/// proc(5).
std::vector<std::string> ProcessStat(const std::filesystem::path& root) {
    const std::string text = ReadFile(root / "self" / "stat");
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return {};
    return Words(std::string_view(text).substr(name_end + 1));
}
constexpr std::size_t kUserTicksWord = 14 - 3;
constexpr std::size_t kSystemTicksWord = 15 - 3;
constexpr std::size_t kStartTicksWord = 22 - 3;

/// What /proc/stat says about the machine.
struct MachineStat {
    std::optional<std::uint64_t> all_ticks;
    std::optional<std::uint64_t> busy_ticks;
    std::optional<std::uint64_t> boot_seconds;  ///< Unix time
    std::size_t cpus = 0;
};

void ReadCpuLine(const std::vector<std::string>& words, MachineStat& machine) {
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    constexpr std::size_t kColumns = 8;
    std::array<std::uint64_t, kColumns> ticks{};
    for (std::size_t i = 0; i < kColumns; ++i) {
        const std::optional<std::uint64_t> number = NumberAt(words, i + 1);
        if (!number) return;
        ticks[i] = *number;
    }
    const std::uint64_t all = std::accumulate(ticks.begin(), ticks.end(), std::uint64_t{0});
    machine.all_ticks = all;
    machine.busy_ticks = all - ticks[3] - ticks[4];
}

MachineStat ReadMachineStat(const std::filesystem::path& root) {
    MachineStat machine;
    std::istringstream lines(ReadFile(root / "stat"));
    for (std::string line; std::getline(lines, line);) {
        const std::vector<std::string> words = Words(line);
        if (words.empty()) continue;
        if (words[0] == "cpu") {
            ReadCpuLine(words, machine);
        } else if (words[0].starts_with("cpu")) {
            ++machine.cpus;
        } else if (words[0] == "btime") {
            machine.boot_seconds = NumberAt(words, 1);
        }
    }
    return machine;
}

double OpenFiles(const std::filesystem::path& root) {
    std::error_code error;
    std::filesystem::directory_iterator entry(root / "self" / "fd", error);
    if (error) return kUnknownValue;
    double count = 0;
    while (entry != std::filesystem::directory_iterator{}) {
        ++count;
        entry.increment(error);
        if (error) return kUnknownValue;
    }
    return count - 1;  // the folder itself, open while it is read
}

double MaxFiles(const std::filesystem::path& root) {
    std::istringstream lines(ReadFile(root / "self" / "limits"));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("Max open files")) continue;
        const std::vector<std::string> words = Words(line);
        if (words.size() > 3 && words[3] == "unlimited") {
            return std::numeric_limits<double>::infinity();
        }
        const std::optional<std::uint64_t> limit = NumberAt(words, 3);
        return limit ? static_cast<double>(*limit) : kUnknownValue;
    }
    return kUnknownValue;
}

double ResidentBytes(const std::filesystem::path& root) {
    const std::optional<std::uint64_t> pages =
        NumberAt(Words(ReadFile(root / "self" / "statm")), 1);
    return pages ? static_cast<double>(*pages) * static_cast<double>(::sysconf(_SC_PAGESIZE))
                 : kUnknownValue;
}

/// Seconds since boot.
double BootUptime(const std::filesystem::path& root) {
    const std::vector<std::string> words = Words(ReadFile(root / "uptime"));
    double seconds = 0;
    if (words.empty()) return kUnknownValue;
    const auto [end, error] =
        std::from_chars(words[0].data(), words[0].data() + words[0].size(), seconds);
    return error == std::errc{} ? seconds : kUnknownValue;
}

double TicksPerSecond() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

double ToDouble(std::optional<std::uint64_t> value) {
    return value ? static_cast<double>(*value) : kUnknownValue;
}

}  // namespace

ProcessMetrics::ProcessMetrics(const Clock& clock, std::filesystem::path proc_root)
    : clock_(clock), proc_root_(std::move(proc_root)) {}

double ProcessMetrics::ProcessUsage(const CpuSample& sample, double cpus) const {
    if (!previous_ || !previous_->process_ticks || !sample.process_ticks || cpus < 1) {
        return kUnknownValue;
    }
    const double elapsed =
        std::chrono::duration<double>(sample.taken_at - previous_->taken_at).count();
    if (elapsed <= 0) return kUnknownValue;
    const double used = ToDouble(sample.process_ticks) - ToDouble(previous_->process_ticks);
    return std::clamp(used / TicksPerSecond() / (elapsed * cpus), 0.0, 1.0);
}

double ProcessMetrics::SystemUsage(const CpuSample& sample) const {
    if (!previous_ || !previous_->system_all_ticks || !sample.system_all_ticks) {
        return kUnknownValue;
    }
    const double all = ToDouble(sample.system_all_ticks) - ToDouble(previous_->system_all_ticks);
    if (all <= 0) return kUnknownValue;
    const double busy = ToDouble(sample.system_busy_ticks) - ToDouble(previous_->system_busy_ticks);
    return std::clamp(busy / all, 0.0, 1.0);
}

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
    const MutexLock lock(mutex_);
    const std::vector<std::string> stat = ProcessStat(proc_root_);
    const MachineStat machine = ReadMachineStat(proc_root_);
    const double cpus = machine.cpus > 0 ? static_cast<double>(machine.cpus) : kUnknownValue;

    const std::optional<std::uint64_t> user = NumberAt(stat, kUserTicksWord);
    const std::optional<std::uint64_t> system = NumberAt(stat, kSystemTicksWord);
    CpuSample sample{.taken_at = clock_.MonotonicNow(),
                     .process_ticks = std::nullopt,
                     .system_busy_ticks = machine.busy_ticks,
                     .system_all_ticks = machine.all_ticks};
    if (user && system) sample.process_ticks = *user + *system;
    const double started = ToDouble(NumberAt(stat, kStartTicksWord)) / TicksPerSecond();

    std::vector<prometheus::MetricFamily> families = {
        OneGauge("process_cpu_usage",
                 "CPU this process used since the previous scrape, 0 to 1 of all CPUs",
                 ProcessUsage(sample, cpus)),
        OneGauge("system_cpu_usage",
                 "CPU the machine used since the previous scrape, 0 to 1 of all CPUs",
                 SystemUsage(sample)),
        OneGauge("process_uptime_seconds", "Time since this process started",
                 BootUptime(proc_root_) - started),
        OneGauge("process_start_time_seconds", "When this process started, Unix time",
                 ToDouble(machine.boot_seconds) + started),
        OneGauge("process_files_open_files", "Open file descriptors", OpenFiles(proc_root_)),
        OneGauge("process_files_max_files", "File descriptors this process may open",
                 MaxFiles(proc_root_)),
        OneGauge("process_resident_memory_bytes", "Memory in RAM", ResidentBytes(proc_root_)),
        OneGauge("system_cpu_count", "CPUs of the machine", cpus),
    };
    previous_ = sample;
    return families;
}

}  // namespace coupon
