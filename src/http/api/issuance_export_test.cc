#include "http/api/issuance_export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ledger/sqlite_test_store.h"

namespace coupon::http::api {
namespace {

class IssuanceExportTest : public ledger::SqliteTestStore {
protected:
    /// Coupon 2's list of seven rows; nullopt: it was cut.
    std::optional<std::string> Export() {
        const auto ledger = MustOpen();
        const auto pool = QueryPool::Open(Database()).value();
        IssuanceExport rows(*pool, CouponId{2}, Sequence{7}, ExportFormat::kCsv);
        std::string list;
        while (true) {
            std::promise<std::optional<std::string>> piece;
            rows.Next([&](bool ok, std::string text) {
                piece.set_value(ok ? std::optional(std::move(text)) : std::nullopt);
            });
            const auto next = piece.get_future().get();
            if (!next) return std::nullopt;
            if (next->empty()) return list;
            list += *next;
        }
    }
};

TEST_F(IssuanceExportTest, GivesEveryRow) {
    MakeStore();
    const auto list = Export();
    ASSERT_TRUE(list);
    EXPECT_EQ(std::ranges::count(*list, '\n'), 1 + 7) << *list;
}

TEST_F(IssuanceExportTest, IsCutWhereARowIsMissing) {
    for (const int missing : {1, 4, 7}) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        Plant("DELETE FROM coupon_issuance WHERE key = (2 << 40) + " + std::to_string(missing));
        EXPECT_EQ(Export(), std::nullopt) << missing;
    }
}

}  // namespace
}  // namespace coupon::http::api
