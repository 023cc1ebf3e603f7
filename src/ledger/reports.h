#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// What an audit and a backup tell, whichever store they are of.
namespace coupon::ledger {

/// One check of the audit: what was compared and what was found.
struct AuditCheck {
    std::string promise;  ///< "P2", "P4", "counters", "structure"
    std::string what;     ///< "issuances <= total quantity"
    std::int64_t rows_checked = 0;
    std::int64_t violations = 0;
    std::vector<std::string> examples = {};  ///< the first few violations, readable
};

struct AuditReport {
    std::int64_t coupons = 0;
    std::int64_t issuances = 0;
    std::int64_t redemptions = 0;
    std::vector<AuditCheck> checks;
    bool Passed() const;
};

struct BackupResult {
    std::filesystem::path file;
    std::int64_t bytes = 0;
    std::int64_t coupons = 0;
    std::int64_t issuances = 0;
};

}  // namespace coupon::ledger
