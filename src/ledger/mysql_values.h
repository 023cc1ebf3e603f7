#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/parse_number.h"

namespace coupon::ledger {

// How values stand in statements and come back in rows. Pure; any thread.

/// A datetime(6) literal with its quotes, '2026-11-24 10:00:00.123'.
std::string MysqlTime(WallTime time);
/// The same, or NULL.
std::string MysqlTime(std::optional<WallTime> time);
/// A datetime(6) as a row has it, cut to milliseconds; nullopt when it is none between the years
/// 1970 and 9999.
std::optional<WallTime> ParseMysqlTime(std::string_view text);
/// A number, or NULL.
std::string MysqlNumber(std::optional<std::int64_t> number);

/// `text` up to so many characters; bytes that are no UTF-8 become U+FFFD, which any column takes.
std::string CutToCharacters(std::string_view text, std::size_t characters);

/// kDamaged: what a row holds cannot be. `what` names the row, readable.
std::unexpected<Error> DamagedRow(std::string_view what);
/// The same, with the row as it came (a MysqlRowView).
std::unexpected<Error> DamagedValues(std::string_view table,
                                     std::span<const std::optional<std::string_view>> row);

/// Takes the values of a row one by one, from its first column. A value of another form than it is
/// taken for, and a column that is not there, are 0, empty or absent, and Fits() is false from then
/// on. `Text` is std::string (MysqlRow) or std::string_view (MysqlRowView).
template <class Text>
class RowValues {
public:
    explicit RowValues(std::span<const std::optional<Text>> row) : row_(row) {}

    std::int64_t Int() { return Needed(OptionalInt()); }
    std::optional<std::int64_t> OptionalInt() {
        return Parsed<std::int64_t>(&ParseWhole<std::int64_t>);
    }
    WallTime Time() { return Needed(OptionalTime()); }
    std::optional<WallTime> OptionalTime() { return Parsed<WallTime>(&ParseMysqlTime); }
    std::string_view Word() { return Needed(OptionalWord()); }
    std::optional<std::string_view> OptionalWord() {
        if (column_ == row_.size()) fits_ = false;
        if (!fits_ || !row_[column_++]) return std::nullopt;
        return std::string_view(*row_[column_ - 1]);
    }
    bool Fits() const { return fits_; }

private:
    template <class T>
    std::optional<T> Parsed(std::optional<T> (*parse)(std::string_view)) {
        const auto word = OptionalWord();
        if (!word) return std::nullopt;
        const std::optional<T> value = parse(*word);
        if (!value) fits_ = false;
        return value;
    }
    template <class T>
    T Needed(std::optional<T> value) {
        if (!value) fits_ = false;
        return value.value_or(T{});
    }

    std::span<const std::optional<Text>> row_;
    std::size_t column_ = 0;
    bool fits_ = true;
};
template <class Text>
RowValues(std::vector<std::optional<Text>>) -> RowValues<Text>;

}  // namespace coupon::ledger
