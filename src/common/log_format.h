#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "common/clock.h"

namespace coupon {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError, kFatal };

/// "debug", "info", "warning", "error", "fatal".
std::string_view ToString(LogLevel level);

/// A value beside a message: a number, a truth or a text. Texts are viewed, so a field lives within
/// its statement.
class LogValue {
public:
    // Implicit, so that {"coupon", 7} is a field.
    // NOLINTBEGIN(google-explicit-constructor)
    template <std::signed_integral T>
    LogValue(T value) : value_(std::int64_t{value}) {}
    template <std::unsigned_integral T>
        requires(!std::same_as<T, bool>)
    LogValue(T value) : value_(std::uint64_t{value}) {}
    LogValue(bool value) : value_(value) {}
    LogValue(double value) : value_(value) {}
    LogValue(std::string_view value) : value_(value) {}
    LogValue(const std::string& value) : value_(std::string_view(value)) {}
    LogValue(const char* value) : value_(std::string_view(value)) {}
    // NOLINTEND(google-explicit-constructor)

    using Variant = std::variant<std::int64_t, std::uint64_t, double, bool, std::string_view>;
    const Variant& AsVariant() const { return value_; }

private:
    Variant value_;
};

struct LogField {
    std::string_view key;
    LogValue value;
};
using LogFields = std::initializer_list<LogField>;

/// What one line says.
struct LogEvent {
    WallTime time;
    LogLevel level = LogLevel::kInfo;
    std::string_view application;
    std::string_view message;
    const LogFields& fields;
};

/// `2026-11-23T10:00:00.000Z INFO  coupon created coupon=7 name="a b"`, without a newline. Texts
/// with anything but plain visible ASCII words are quoted and escaped as in JSON; nothing a caller
/// sends can start a line of its own.
void AppendTextLine(const LogEvent& event, std::string& line);

/// `{"time":"…","level":"info","application":"api","message":"…","coupon":7}`, time as above,
/// without a newline. Always valid JSON in valid UTF-8: control characters are escaped, bytes that
/// are no UTF-8 become U+FFFD, numbers that are not finite become null. A field named as one of the
/// first four gets an underscore before it.
void AppendJsonLine(const LogEvent& event, std::string& line);

}  // namespace coupon
