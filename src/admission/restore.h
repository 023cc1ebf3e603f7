#pragma once

#include "admission/engine.h"
#include "common/error.h"
#include "ledger/sqlite_ledger.h"

namespace coupon::admission {

/// Rebuilds an empty engine from the rows, which re-proves P2, P4 and the sequences. kDamaged if
/// the rows break a promise or a coupon's counter differs from them; else errors as the ledger's
/// loads. Before traffic.
Result<void> RestoreEngine(Engine& engine, ledger::SqliteLedger& ledger);

}  // namespace coupon::admission
