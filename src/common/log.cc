#include "common/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <utility>

namespace coupon {
namespace {

/// spdlog writes the finished line and nothing of its own. Not registered anywhere, so nobody finds
/// it by a name.
std::function<void(const std::string&)> MakeWriter(const LogOptions& options,
                                                   spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>(options.application, std::move(sink));
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);  // Logger::Enabled decides
    logger->flush_on(spdlog::level::trace);
    return [logger = std::move(logger)](const std::string& line) {
        logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
    };
}

spdlog::sink_ptr StandardSink(LogFormat format) {
    if (format == LogFormat::kJson) return std::make_shared<spdlog::sinks::stdout_sink_mt>();
    return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

}  // namespace

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
    for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                                 LogLevel::kError, LogLevel::kFatal}) {
        if (ToString(level) == text) return level;
    }
    return std::nullopt;
}

std::optional<LogFormatChoice> ParseLogFormatChoice(std::string_view text) {
    if (text == "auto") return LogFormatChoice::kAuto;
    if (text == "text") return LogFormatChoice::kText;
    if (text == "json") return LogFormatChoice::kJson;
    return std::nullopt;
}

LogFormat ResolveLogFormat(LogFormatChoice choice, bool stderr_is_terminal) {
    if (choice == LogFormatChoice::kAuto) {
        return stderr_is_terminal ? LogFormat::kText : LogFormat::kJson;
    }
    return choice == LogFormatChoice::kText ? LogFormat::kText : LogFormat::kJson;
}

bool StderrIsTerminal() { return ::isatty(STDERR_FILENO) == 1; }

Logger::Logger(LogOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      queue_(MakeWriter(options_, StandardSink(options_.format))) {}

Logger::Logger(LogOptions options, const Clock& clock, std::ostream& out)
    : options_(std::move(options)),
      clock_(clock),
      queue_(MakeWriter(options_, std::make_shared<spdlog::sinks::ostream_sink_mt>(out))) {}

Logger::~Logger() = default;

void Logger::Debug(std::string_view message, const LogFields& fields) const noexcept {
    Write(LogLevel::kDebug, message, fields);
}
void Logger::Info(std::string_view message, const LogFields& fields) const noexcept {
    Write(LogLevel::kInfo, message, fields);
}
void Logger::Warning(std::string_view message, const LogFields& fields) const noexcept {
    Write(LogLevel::kWarning, message, fields);
}
void Logger::Error(std::string_view message, const LogFields& fields) const noexcept {
    Write(LogLevel::kError, message, fields);
}
void Logger::Fatal(std::string_view message, const LogFields& fields) const noexcept {
    Write(LogLevel::kFatal, message, fields);
    Flush();
}

bool Logger::Flush() const noexcept {
    try {
        return queue_.Flush();
    } catch (const std::exception&) {
        return false;  // a log that cannot be written must not end what it reports on
    }
}

void Logger::Write(LogLevel level, std::string_view message,
                   const LogFields& fields) const noexcept {
    if (!Enabled(level)) return;
    try {
        const LogEvent event{.time = clock_.WallNow(),
                             .level = level,
                             .application = options_.application,
                             .message = message,
                             .fields = fields};
        std::string line;
        if (options_.format == LogFormat::kJson) {
            AppendJsonLine(event, line);
        } else {
            AppendTextLine(event, line);
        }
        level == LogLevel::kFatal ? queue_.PushUrgent(std::move(line))
                                  : queue_.Push(std::move(line));
    } catch (const std::exception& failure) {  // no memory
        std::fprintf(stderr, "log line lost: %s\n", failure.what());
    }
}

std::optional<std::uint64_t> LogLimiter::Allow(MonotonicTime now) {
    const std::int64_t now_nanoseconds =
        std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    std::int64_t next = next_nanoseconds_.load(std::memory_order_relaxed);
    if (now_nanoseconds < next ||
        !next_nanoseconds_.compare_exchange_strong(next, now_nanoseconds + interval_.count(),
                                                   std::memory_order_relaxed)) {
        skipped_.fetch_add(1, std::memory_order_relaxed);
        return std::nullopt;
    }
    return skipped_.exchange(0, std::memory_order_relaxed);
}

}  // namespace coupon
