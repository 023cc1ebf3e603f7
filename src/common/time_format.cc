#include "common/time_format.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace coupon {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A time taken apart.
struct CivilTime {
    unsigned year;
    unsigned month;
    unsigned day;
    unsigned hour;
    unsigned minute;
    unsigned second;
    unsigned millisecond;
    unsigned weekday;  ///< 0 = Sunday
};

CivilTime Split(WallTime time) {
    time = std::clamp(time, kWallTimeMin, kWallTimeMax);
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    return {.year = static_cast<unsigned>(static_cast<int>(date.year())),
            .month = static_cast<unsigned>(date.month()),
            .day = static_cast<unsigned>(date.day()),
            .hour = static_cast<unsigned>(clock.hours().count()),
            .minute = static_cast<unsigned>(clock.minutes().count()),
            .second = static_cast<unsigned>(clock.seconds().count()),
            .millisecond = static_cast<unsigned>(clock.subseconds().count()),
            .weekday = std::chrono::weekday{day}.c_encoding()};
}

/// Writes one after the other; the callers' sizes are fixed, so nothing is checked here.
class Writer {
public:
    explicit Writer(char* at) : begin_(at), at_(at) {}
    Writer& Digits(unsigned value, int width) {
        for (int i = width - 1; i >= 0; --i, value /= 10) {
            at_[i] = static_cast<char>('0' + value % 10);
        }
        at_ += width;
        return *this;
    }
    Writer& Text(std::string_view text) {
        at_ = std::copy(text.begin(), text.end(), at_);
        return *this;
    }
    std::string_view View() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

private:
    char* begin_;
    char* at_;
};

Writer WriteSeconds(const CivilTime& civil, char* buffer) {
    Writer writer(buffer);
    writer.Digits(civil.year, 4).Text("-").Digits(civil.month, 2).Text("-").Digits(civil.day, 2);
    writer.Text("T").Digits(civil.hour, 2).Text(":").Digits(civil.minute, 2);
    writer.Text(":").Digits(civil.second, 2);
    return writer;
}

/// Reads fixed forms from the left; the first mismatch makes `ok` false for good.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    int Digits(std::size_t width) {
        int value = 0;
        for (std::size_t i = 0; i < width; ++i) value = value * 10 + Digit();
        return value;
    }
    void Expect(char wanted) {
        if (!Take(wanted)) ok_ = false;
    }
    bool Take(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool AtDigit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
    int Digit() {
        if (!AtDigit()) {
            ok_ = false;
            return 0;
        }
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }
    bool Ok() const { return ok_; }
    bool Done() const { return ok_ && rest_.empty(); }
    void Fail() { ok_ = false; }

private:
    std::string_view rest_;
    bool ok_ = true;
};

/// What follows the dot: 1 to 9 digits, cut to milliseconds.
milliseconds ReadFraction(Reader& reader) {
    int value = 0;
    int digits = 0;
    for (; reader.AtDigit(); ++digits) {
        const int digit = reader.Digit();
        if (digits < 3) value = value * 10 + digit;
    }
    if (digits < 1 || digits > 9) reader.Fail();
    for (; digits < 3; ++digits) value *= 10;
    return milliseconds(value);
}

/// "Z", "+09:00", "-03:30": how far local time is ahead of UTC.
minutes ReadOffset(Reader& reader) {
    if (reader.Take('Z')) return minutes(0);
    const bool behind = reader.Take('-');
    if (!behind) reader.Expect('+');
    const int hour = reader.Digits(2);
    reader.Expect(':');
    const int minute = reader.Digits(2);
    if (hour > 23 || minute > 59) reader.Fail();
    const minutes offset = hours(hour) + minutes(minute);
    return behind ? -offset : offset;
}

}  // namespace

std::string_view FormatRfc3339(WallTime time, std::span<char, kRfc3339BytesMax> buffer) {
    const CivilTime civil = Split(time);
    Writer writer = WriteSeconds(civil, buffer.data());
    if (civil.millisecond != 0) writer.Text(".").Digits(civil.millisecond, 3);
    return writer.Text("Z").View();
}

std::string FormatRfc3339(WallTime time) {
    std::array<char, kRfc3339BytesMax> buffer{};
    return std::string(FormatRfc3339(time, buffer));
}

std::string_view FormatRfc3339Milliseconds(WallTime time,
                                           std::span<char, kRfc3339BytesMax> buffer) {
    const CivilTime civil = Split(time);
    Writer writer = WriteSeconds(civil, buffer.data());
    return writer.Text(".").Digits(civil.millisecond, 3).Text("Z").View();
}

std::optional<WallTime> ParseRfc3339(std::string_view text) {
    Reader reader(text);
    const std::chrono::year year{reader.Digits(4)};
    reader.Expect('-');
    const std::chrono::month month{static_cast<unsigned>(reader.Digits(2))};
    reader.Expect('-');
    const std::chrono::day day{static_cast<unsigned>(reader.Digits(2))};
    reader.Expect('T');
    const int hour = reader.Digits(2);
    reader.Expect(':');
    const int minute = reader.Digits(2);
    reader.Expect(':');
    const int second = reader.Digits(2);
    const milliseconds fraction = reader.Take('.') ? ReadFraction(reader) : milliseconds(0);
    const minutes offset = ReadOffset(reader);

    const std::chrono::year_month_day date{year, month, day};
    if (!reader.Done() || !date.ok() || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    const WallTime time = std::chrono::sys_days{date} + hours(hour) + minutes(minute) +
                          seconds(second) + fraction - offset;
    if (time < kWallTimeMin || time > kWallTimeMax) return std::nullopt;
    return time;
}

std::string_view FormatHttpDate(WallTime time, std::span<char, kHttpDateBytes> buffer) {
    constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const CivilTime civil = Split(time);
    Writer writer(buffer.data());
    writer.Text(kWeekdays.substr(civil.weekday * 3, 3)).Text(", ").Digits(civil.day, 2).Text(" ");
    writer.Text(kMonths.substr((civil.month - 1) * 3, 3)).Text(" ").Digits(civil.year, 4).Text(" ");
    writer.Digits(civil.hour, 2)
        .Text(":")
        .Digits(civil.minute, 2)
        .Text(":")
        .Digits(civil.second, 2);
    return writer.Text(" GMT").View();
}

std::string FormatHttpDate(WallTime time) {
    std::array<char, kHttpDateBytes> buffer{};
    return std::string(FormatHttpDate(time, buffer));
}

}  // namespace coupon
