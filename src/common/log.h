#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/log_format.h"
#include "common/log_queue.h"

namespace coupon {

enum class LogFormat : std::uint8_t { kText, kJson };
/// log.format as configured; kAuto is text for a person at a terminal and JSON for everything else.
enum class LogFormatChoice : std::uint8_t { kAuto, kText, kJson };

std::optional<LogLevel> ParseLogLevel(std::string_view text);
std::optional<LogFormatChoice> ParseLogFormatChoice(std::string_view text);
LogFormat ResolveLogFormat(LogFormatChoice choice, bool stderr_is_terminal);
/// Whether this process's standard error is a terminal.
bool StderrIsTerminal();

struct LogOptions {
    std::string application = {};
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kText;
};

/// The log of a program, made in main and handed on by reference.
///     log.Info("coupon created", {{"coupon", 7}, {"name", name}});
/// JSON goes to stdout (a collector reads it there), text to stderr (a person does, and stdout
/// stays free for output). Lines are written and flushed one by one on a thread of the log's own:
/// no call waits for the reader of the stream, and what a stalled reader has no room for is dropped
/// and counted. Never throws. Any thread.
class Logger {
public:
    /// `clock` must outlive the logger.
    Logger(LogOptions options, const Clock& clock);
    /// For tests: to `out`, which must outlive the logger.
    Logger(LogOptions options, const Clock& clock, std::ostream& out);
    ~Logger();
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;

    void Debug(std::string_view message, const LogFields& fields = {}) const noexcept;
    void Info(std::string_view message, const LogFields& fields = {}) const noexcept;
    void Warning(std::string_view message, const LogFields& fields = {}) const noexcept;
    void Error(std::string_view message, const LogFields& fields = {}) const noexcept;
    /// For what ends the process; written whatever the level, and flushed. Does not end it.
    void Fatal(std::string_view message, const LogFields& fields = {}) const noexcept;

    /// Always true for kFatal, the highest level.
    bool Enabled(LogLevel level) const {
        return level >= options_.level || level == LogLevel::kFatal;
    }
    /// Waits until everything logged before is written, at most limits::kLogFlush. False: the
    /// stream's reader has stalled, and what flushes the stream (exit, for stdout) would too.
    bool Flush() const noexcept;
    /// Lines lost because the stream's reader did not keep up.
    std::uint64_t Dropped() const { return queue_.Dropped(); }

private:
    void Write(LogLevel level, std::string_view message, const LogFields& fields) const noexcept;

    const LogOptions options_;
    const Clock& clock_;
    mutable LogQueue queue_;
};

/// Lets a message through at most once an interval, for errors that could flood. Lock-free; any
/// thread.
///     if (const auto skipped = limiter.Allow(now)) {
///         log.Error("commit failed", {{"skipped", *skipped}});
///     }
class LogLimiter {
public:
    explicit LogLimiter(std::chrono::nanoseconds interval) : interval_(interval) {}

    /// The number of messages held back since the last one that was let through, or nullopt: hold
    /// this one back.
    std::optional<std::uint64_t> Allow(MonotonicTime now);

private:
    const std::chrono::nanoseconds interval_;
    // Relaxed: one caller wins the exchange and counts what was skipped; nothing else is published
    // with it.
    std::atomic<std::int64_t> next_nanoseconds_{INT64_MIN};
    std::atomic<std::uint64_t> skipped_{0};
};

}  // namespace coupon
