#include "apps/ctl/table.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "common/check.h"
#include "common/utf8.h"

namespace coupon::ctl {
namespace {

constexpr std::string_view kGap = "  ";

struct WideRange {
    char32_t first;
    char32_t last;
};
// Unicode's EastAsianWidth W and F, in its larger blocks.
constexpr WideRange kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},
                               {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                               {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                               {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

bool IsWide(char32_t point) {
    return std::ranges::any_of(kWide, [point](const WideRange& range) {
        return point >= range.first && point <= range.last;
    });
}

std::string Line(std::span<const std::string> cells, std::span<const Column> columns,
                 std::span<const std::size_t> widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += kGap;
        const std::string padding(widths[i] - DisplayWidth(cells[i]), ' ');
        line += columns[i].align == Align::kRight ? padding + cells[i] : cells[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

}  // namespace

std::string Printable(std::string_view text) {
    std::string printable;
    while (!text.empty()) {
        const std::string_view before = text;
        const std::optional<char32_t> point = TakeCodePoint(text);
        const bool shown = point && !IsControl(*point);
        printable += shown ? before.substr(0, before.size() - text.size()) : kReplacementCharacter;
    }
    return printable;
}

std::size_t DisplayWidth(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const std::optional<char32_t> point = TakeCodePoint(text);
        width += point && IsWide(*point) ? 2 : 1;
    }
    return width;
}

void Table::AddRow(std::vector<std::string> cells) {
    CHECK(cells.size() == columns_.size());
    for (std::string& cell : cells) cell = Printable(cell);
    rows_.push_back(std::move(cells));
}

std::string Table::ToString() const {
    std::vector<std::string> titles;
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        titles.emplace_back(columns_[i].title);
        widths.push_back(DisplayWidth(columns_[i].title));
        for (const auto& row : rows_) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
    std::string text;
    const bool has_head =
        std::ranges::any_of(columns_, [](const Column& column) { return !column.title.empty(); });
    if (has_head) text += Line(titles, columns_, widths);
    for (const auto& row : rows_) text += Line(row, columns_, widths);
    return text;
}

}  // namespace coupon::ctl
