#include "common/process_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <map>
#include <string>

#include "common/metric_family.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace coupon {
namespace {

using std::chrono::seconds;

std::map<std::string, double> Values(const ProcessMetrics& metrics) {
    std::map<std::string, double> values;
    for (const prometheus::MetricFamily& family : metrics.Collect()) {
        EXPECT_EQ(family.type, prometheus::MetricType::Gauge);
        EXPECT_EQ(family.metric.size(), 1U);
        values[family.name] = family.metric.at(0).gauge.value;
    }
    return values;
}

/// A made-up /proc of a machine with two CPUs; the process' name is as nasty as it may be.
class MadeUpProc {
public:
    MadeUpProc() {
        folder_.Write("uptime", "5000.50 9000.00\n");
        folder_.Write("self/statm", "1000 250 30 4 0 50 0\n");
        folder_.Write(
            "self/limits",
            "Limit                     Soft Limit           Hard Limit           Units     \n"
            "Max open files            1024                 524288               files     \n");
        for (const char* descriptor : {"0", "1", "2", "3"}) {
            folder_.Write(std::string("self/fd/") + descriptor, "");
        }
        SetTicks(100, 1000, 3000);
    }
    void SetTicks(int process, int busy, int idle) {
        folder_.Write("self/stat", "42 (a) b) S 1 42 42 0 -1 4194304 9 0 0 0 " +
                                       std::to_string(process - 40) + " 40 7 8 20 0 3 0 " +
                                       std::to_string(400 * ::sysconf(_SC_CLK_TCK)) + " 1 2 3\n");
        folder_.Write("stat", "cpu  " + std::to_string(busy - 6) + " 1 2 " +
                                  std::to_string(idle - idle / 2) + " " + std::to_string(idle / 2) +
                                  " 1 1 1 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 1 1 1 1 1 1 1 1 0 0\n"
                                  "intr 5\nbtime 1700000000\n");
    }
    const std::filesystem::path& Path() const { return folder_.Path(); }

private:
    support::TemporaryFolder folder_;
};

TEST(ProcessMetrics, ReadWhatTheKernelSays) {
    const support::ManualClock clock;
    const MadeUpProc proc;
    const ProcessMetrics metrics(clock, proc.Path());
    const std::map<std::string, double> values = Values(metrics);
    EXPECT_DOUBLE_EQ(values.at("process_uptime_seconds"), 4600.5);
    EXPECT_DOUBLE_EQ(values.at("process_start_time_seconds"), 1'700'000'400);
    EXPECT_DOUBLE_EQ(values.at("process_files_open_files"), 3);
    EXPECT_DOUBLE_EQ(values.at("process_files_max_files"), 1024);
    EXPECT_DOUBLE_EQ(values.at("process_resident_memory_bytes"),
                     250.0 * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    EXPECT_DOUBLE_EQ(values.at("system_cpu_count"), 2);
    EXPECT_EQ(values.size(), 8U);
}

TEST(ProcessMetrics, CpuUsageIsSinceThePreviousScrape) {
    support::ManualClock clock;
    MadeUpProc proc;
    const ProcessMetrics metrics(clock, proc.Path());
    std::map<std::string, double> values = Values(metrics);
    EXPECT_TRUE(std::isnan(values.at("process_cpu_usage")));
    EXPECT_TRUE(std::isnan(values.at("system_cpu_usage")));

    // Two CPUs for ten seconds; the process used one of them for five.
    const int ticks = static_cast<int>(::sysconf(_SC_CLK_TCK));
    clock.Advance(seconds(10));
    proc.SetTicks(100 + 5 * ticks, 1000 + 15 * ticks, 3000 + 5 * ticks);
    values = Values(metrics);
    EXPECT_DOUBLE_EQ(values.at("process_cpu_usage"), 0.25);
    EXPECT_DOUBLE_EQ(values.at("system_cpu_usage"), 0.75);

    clock.Advance(seconds(10));
    proc.SetTicks(100 + 5 * ticks, 1000 + 15 * ticks, 3000 + 25 * ticks);
    values = Values(metrics);
    EXPECT_DOUBLE_EQ(values.at("process_cpu_usage"), 0);
    EXPECT_DOUBLE_EQ(values.at("system_cpu_usage"), 0);
}

TEST(ProcessMetrics, AScrapeAtTheSameInstantKnowsNoUsage) {
    const support::ManualClock clock;
    const MadeUpProc proc;
    const ProcessMetrics metrics(clock, proc.Path());
    Values(metrics);
    const std::map<std::string, double> values = Values(metrics);
    EXPECT_TRUE(std::isnan(values.at("process_cpu_usage")));
    EXPECT_TRUE(std::isnan(values.at("system_cpu_usage")));
}

TEST(ProcessMetrics, WhatCannotBeReadIsNaN) {
    const support::ManualClock clock;
    const support::TemporaryFolder empty;
    const ProcessMetrics metrics(clock, empty.Path());
    Values(metrics);
    const std::map<std::string, double> values = Values(metrics);
    EXPECT_EQ(values.size(), 8U);
    for (const auto& [name, value] : values) EXPECT_TRUE(std::isnan(value)) << name << " " << value;
}

TEST(ProcessMetrics, WhatIsCutShortIsNaN) {
    const support::ManualClock clock;
    const support::TemporaryFolder folder;
    folder.Write("self/stat", "42 (x) S 1 42");
    folder.Write("self/statm", "1000");
    folder.Write("self/limits", "Max open files\n");
    folder.Write("stat", "cpu  1 2\nbtime\n");
    folder.Write("uptime", "soon");
    const ProcessMetrics metrics(clock, folder.Path());
    for (const auto& [name, value] : Values(metrics)) {
        EXPECT_TRUE(std::isnan(value)) << name << " " << value;
    }
}

TEST(ProcessMetrics, KnowEverythingAboutThisProcess) {
    support::ManualClock clock;
    const ProcessMetrics metrics(clock);
    const std::map<std::string, double> values = Values(metrics);
    EXPECT_GE(values.at("process_uptime_seconds"), 0);
    EXPECT_LT(values.at("process_uptime_seconds"), 3600);
    EXPECT_GT(values.at("process_start_time_seconds"), 1'600'000'000);
    EXPECT_GE(values.at("process_files_open_files"), 3);
    EXPECT_GE(values.at("process_files_max_files"), values.at("process_files_open_files"));
    EXPECT_GT(values.at("process_resident_memory_bytes"), 1'000'000);
    EXPECT_GE(values.at("system_cpu_count"), 1);
}

}  // namespace
}  // namespace coupon
