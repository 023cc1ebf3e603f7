#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coupon::ctl {

/// Text from elsewhere as it can be shown on a terminal: control characters and bytes that are not
/// UTF-8 become U+FFFD, so that a name cannot move the cursor. Any thread.
std::string Printable(std::string_view text);

/// The columns of a terminal that `text` takes: two for East Asian wide characters and emoji, one
/// for the rest. Combining marks are counted, too. Any thread.
std::size_t DisplayWidth(std::string_view text);

enum class Align { kLeft, kRight };

struct Column {
    std::string_view title;  ///< must outlive the table (a literal)
    Align align = Align::kLeft;
};

/// Columns under each other, two spaces apart, no blanks at a line's end. Confined to one thread at
/// a time.
class Table {
public:
    /// Without any title there is no head line.
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// One cell a column (CHECK); cells are made Printable.
    void AddRow(std::vector<std::string> cells);

    /// Every line ends in a newline.
    std::string ToString() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace coupon::ctl
