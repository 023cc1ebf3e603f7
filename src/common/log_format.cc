#include "common/log_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "common/json_text.h"
#include "common/time_format.h"

namespace coupon {
namespace {

constexpr std::array<std::string_view, 4> kReservedKeys = {"time", "level", "application",
                                                           "message"};

bool IsPlainWord(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char byte) {
        return byte > 0x20 && byte < 0x7F && byte != '"' && byte != '\\' && byte != '=';
    });
}

void AppendTextValue(const LogValue& value, std::string& line) {
    std::visit(
        [&line](const auto& held) {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (!std::same_as<Held, std::string_view>) {
                fmt::format_to(std::back_inserter(line), "{}", held);
            } else if (IsPlainWord(held)) {
                line += held;
            } else {
                AppendJsonString(line, held);
            }
        },
        value.AsVariant());
}

void AppendJsonValue(const LogValue& value, std::string& line) {
    std::visit(
        [&line](const auto& held) {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::same_as<Held, std::string_view>) {
                AppendJsonString(line, held);
            } else if constexpr (std::same_as<Held, double>) {
                if (std::isfinite(held)) {
                    fmt::format_to(std::back_inserter(line), "{}", held);
                } else {
                    line += "null";
                }
            } else {
                fmt::format_to(std::back_inserter(line), "{}", held);
            }
        },
        value.AsVariant());
}

/// The level as it stands in a text line: five letters, so that messages stand under each other.
std::string_view Column(LogLevel level) {
    switch (level) {
        case LogLevel::kDebug: return "DEBUG";
        case LogLevel::kInfo: return "INFO ";
        case LogLevel::kWarning: return "WARN ";
        case LogLevel::kError: return "ERROR";
        case LogLevel::kFatal: return "FATAL";
    }
    return "?????";
}

}  // namespace

std::string_view ToString(LogLevel level) {
    switch (level) {
        case LogLevel::kDebug: return "debug";
        case LogLevel::kInfo: return "info";
        case LogLevel::kWarning: return "warning";
        case LogLevel::kError: return "error";
        case LogLevel::kFatal: return "fatal";
    }
    return "unknown";
}

void AppendTextLine(const LogEvent& event, std::string& line) {
    std::array<char, kRfc3339BytesMax> time{};
    line += FormatRfc3339Milliseconds(event.time, time);
    line += ' ';
    line += Column(event.level);
    line += ' ';
    AppendJsonEscaped(line, event.message);
    for (const LogField& field : event.fields) {
        line += ' ';
        AppendJsonEscaped(line, field.key);
        line += '=';
        AppendTextValue(field.value, line);
    }
}

void AppendJsonLine(const LogEvent& event, std::string& line) {
    std::array<char, kRfc3339BytesMax> time{};
    fmt::format_to(std::back_inserter(line), R"({{"time":"{}","level":"{}","application":)",
                   FormatRfc3339Milliseconds(event.time, time), ToString(event.level));
    AppendJsonString(line, event.application);
    line += R"(,"message":)";
    AppendJsonString(line, event.message);
    for (const LogField& field : event.fields) {
        const bool reserved = std::ranges::find(kReservedKeys, field.key) != kReservedKeys.end();
        line += reserved ? ",\"_" : ",\"";
        AppendJsonEscaped(line, field.key);
        line += "\":";
        AppendJsonValue(field.value, line);
    }
    line += '}';
}

}  // namespace coupon
