#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "admission/claim_lookup.h"
#include "common/clock.h"
#include "common/error.h"
#include "http/api/operator_store.h"
#include "ledger/reports.h"

namespace coupon::http::api {

/// What a query thread reads and does for the loops, which must not block. One a thread, and
/// confined to it except Interrupt.
class QueryStore {
public:
    QueryStore() = default;
    QueryStore(const QueryStore&) = delete;
    QueryStore& operator=(const QueryStore&) = delete;
    virtual ~QueryStore() = default;

    virtual admission::ClaimLookup& Lookup() = 0;
    virtual OperatorStore& Operator() = 0;
    /// Proves the promises anew from what is stored. Long.
    virtual Result<ledger::AuditReport> Audit() = 0;
    /// Makes a copy named after `now`. Long. kNotSupported where the store has tools of its own for
    /// that.
    virtual Result<ledger::BackupResult> Backup(WallTime now) = 0;
    /// Breaks off the call that runs, if any, and every long one to come, for good: they return
    /// kUnavailable. Any thread, for as long as the object lives.
    virtual void Interrupt() = 0;
};

/// Makes the store of one more thread. Blocking; errors as the mode's stores have them.
using QueryStoreFactory = std::function<Result<std::unique_ptr<QueryStore>>()>;

}  // namespace coupon::http::api
