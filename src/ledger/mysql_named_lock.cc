#include "ledger/mysql_named_lock.h"

#include <fmt/format.h>

#include <algorithm>

namespace coupon::ledger {

using std::chrono::seconds;

Result<bool> TakeNamedLock(MysqlConnection& connection, std::string_view name,
                           std::chrono::milliseconds patience) {
    // In steps far below the silence that is taken for the end of a connection. The steps count,
    // not the clock: an answer "not yet" takes as long as was asked for.
    constexpr seconds kStep{5};
    for (auto left = std::chrono::ceil<seconds>(patience);; left -= kStep) {
        auto row = connection.QueryRow(fmt::format("SELECT GET_LOCK({}, {})", name,
                                                   std::clamp(left, seconds{0}, kStep).count()));
        if (!row) return std::unexpected(row.error());
        if (*row && (*row)->front() == "1") return true;
        if (left <= kStep) return false;
    }
}

}  // namespace coupon::ledger
