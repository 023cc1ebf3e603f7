#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "common/clock.h"
#include "ledger/sqlite_ledger.h"
#include "tests/simulation/service.h"

namespace coupon::simulation {

/// Mistakes that an admission can make, each as small as it would be in real code.
enum class Bug : std::uint8_t {
    kNone,
    kSyncsDropped,            ///< the disk says "synced" and has not: a yes before the fsync
    kYesBeforeWrite,          ///< the round's answers go out before its rows are written
    kRefusalBeforeWrite,      ///< only refusals and duplicates do
    kHoldersForgotten,        ///< nobody is recognised after a start
    kOneTooFew,               ///< the last one is never given out
    kOneTooMany,              ///< one more than the stock is given out
    kSoldOutBeforeCommit,     ///< "sold out" is published when the last claim is staged
    kSoldOutToWinner,         ///< stock is looked at before the holders
    kCommitDespiteFailure,    ///< the engine keeps what the disk refused
    kYesDespiteFailure,       ///< a failed write is answered as if it had worked
};
inline constexpr int kBugCount = static_cast<int>(Bug::kYesDespiteFailure) + 1;

std::string_view ToString(Bug bug);

/// A service with the bug; kSyncsDropped is the disk's and gives the honest one.
std::unique_ptr<Service> MakeService(Bug bug, std::unique_ptr<ledger::SqliteLedger> ledger,
                                     const Clock& clock);

}  // namespace coupon::simulation
