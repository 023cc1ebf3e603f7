#include "ledger/mysql_values.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "common/time_format.h"
#include "common/utf8.h"

namespace coupon::ledger {
namespace {

constexpr std::size_t kSecondsBytes = 19;  // 2026-11-24 10:00:00

}  // namespace

std::string MysqlTime(WallTime time) {
    std::array<char, kRfc3339BytesMax> buffer{};
    std::string text(FormatRfc3339Milliseconds(time, buffer));
    text[10] = ' ';  // instead of T
    text.back() = '\'';  // instead of Z
    return "'" + text;
}

std::string MysqlTime(std::optional<WallTime> time) { return time ? MysqlTime(*time) : "NULL"; }

std::optional<WallTime> ParseMysqlTime(std::string_view text) {
    if (text.size() < kSecondsBytes || text[10] != ' ') return std::nullopt;
    std::string rfc3339(text);
    rfc3339[10] = 'T';
    return ParseRfc3339(rfc3339 + "Z");
}

std::string MysqlNumber(std::optional<std::int64_t> number) {
    return number ? fmt::format("{}", *number) : "NULL";
}

std::string CutToCharacters(std::string_view text, std::size_t characters) {
    std::string kept;
    for (; !text.empty() && characters > 0; --characters) {
        const std::string_view before = text;
        const bool valid = TakeCodePoint(text).has_value();
        kept += valid ? before.substr(0, before.size() - text.size()) : kReplacementCharacter;
    }
    return kept;
}

std::unexpected<Error> DamagedRow(std::string_view what) {
    return std::unexpected(Error{
        .code = ErrorCode::kDamaged,
        .operation = "check",
        .applied = Applied::kNo,
        .retry_is_safe = false,
        .detail = fmt::format("{}. Nothing was changed; repair the row in the database.", what)});
}

std::unexpected<Error> DamagedValues(std::string_view table,
                                     std::span<const std::optional<std::string_view>> row) {
    std::string what = fmt::format("{}:", table);
    for (const auto& value : row) what += fmt::format(" {}", value.value_or("NULL"));
    return DamagedRow(what);
}

}  // namespace coupon::ledger
