#pragma once

#include <filesystem>
#include <string>

#include "common/clock.h"
#include "common/error.h"
#include "http/api/api_context.h"
#include "http/api/json_object.h"
#include "http/api/responder.h"
#include "http/api/routes.h"
#include "http/exchange.h"

namespace coupon::http::api {

/// What an operator asks of the store itself: the winners' list, a copy, an audit. Confined to the
/// loop's thread.
class StoreRoutes {
public:
    StoreRoutes(const ApiContext& context, Responder& responder)
        : context_(context), responder_(responder) {}

    /// Every issuance that was durable when the call came.
    Handling Issuances(const Call& call, const Request& request, const RouteMatch& match);
    Handling Backup(const Call& call, const Request& request);
    Handling Audit(const Call& call);

private:
    const ApiContext& context_;
    Responder& responder_;
    JsonObjectParser parser_;
};

/// `<data_dir>/backups/coupon-20261123T100000.123Z.db`; a further backup of the same millisecond
/// (`number` 2, 3, ...) has `-2` before `.db`. Any thread.
std::filesystem::path BackupFile(const std::filesystem::path& data_dir, WallTime now, int number);

/// Copies the store to the first free name of the moment, in a folder that only the owner may read.
/// kConflict when limits::kBackupsOfOneMomentMax names are taken; else as SqliteReader::Backup. The
/// reader's thread.
Result<ledger::BackupResult> MakeBackup(ledger::SqliteReader& reader,
                                        const std::filesystem::path& data_dir, WallTime now);

}  // namespace coupon::http::api
