#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/error.h"

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

/// kDamaged: what a row holds cannot be. `what` names the row, readable.
std::unexpected<Error> DamagedRow(std::string_view what);

}  // namespace coupon::ledger
