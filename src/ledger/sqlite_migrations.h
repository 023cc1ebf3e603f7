#pragma once

#include <cstdint>
#include <span>

#include "common/error.h"
#include "ledger/schema_scripts.h"
#include "ledger/sqlite_connection.h"

namespace coupon::ledger {

/// "CPN1", in the header of every file of ours.
inline constexpr std::int64_t kApplicationId = 0x43504E31;

/// Refuses, before anything is written, what is not ours or newer than `scripts`: kDamaged. A file
/// with no table at all and no application id is a new store. Returns the schema version found, 0
/// for a new store.
Result<int> CheckIdentity(Connection& connection, std::span<const SchemaScript> scripts);

/// Runs the scripts above `version` in order, each in one transaction together with its row in
/// schema_version. A script that fails leaves the file at the version before it.
Result<void> Migrate(Connection& connection, int version, std::span<const SchemaScript> scripts);

}  // namespace coupon::ledger
