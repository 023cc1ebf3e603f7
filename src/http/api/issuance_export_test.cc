#include "http/api/issuance_export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/api/embedded_query_store.h"
#include "http/api/listed_coupons.h"
#include "ledger/sqlite_test_store.h"

namespace coupon::http::api {
namespace {

class IssuanceExportTest : public ledger::SqliteTestStore {
protected:
    /// Coupon 2's list in the pieces it comes in; nullopt: it was cut.
    std::optional<std::vector<std::string>> Pieces(ExportRange range) {
        const auto ledger = MustOpen();
        const ListedCoupons engine({});
        const auto pool = QueryPool::Open([&] {
                              return EmbeddedQueryStore::Open(Database(), folder_, engine);
                          }).value();
        IssuanceExport rows(*pool, CouponId{2}, range, ExportFormat::kCsv);
        std::vector<std::string> pieces;
        while (true) {
            std::promise<std::optional<std::string>> piece;
            rows.Next([&](bool ok, std::string text) {
                piece.set_value(ok ? std::optional(std::move(text)) : std::nullopt);
            });
            const auto next = piece.get_future().get();
            if (!next) return std::nullopt;
            if (next->empty()) return pieces;
            pieces.push_back(*next);
        }
    }
    /// The list of the seven rows that MakeStore makes.
    std::optional<std::string> Export() {
        const auto pieces = Pieces(ExportRange::Whole(Sequence{7}));
        if (!pieces) return std::nullopt;
        EXPECT_EQ(pieces->size(), 1U);
        return pieces->at(0);
    }
};

TEST_F(IssuanceExportTest, GivesEveryRow) {
    MakeStore();
    const auto list = Export();
    ASSERT_TRUE(list);
    EXPECT_EQ(std::ranges::count(*list, '\n'), 1 + 7) << *list;
}

TEST_F(IssuanceExportTest, ComesInPiecesOfALimitedNumberOfRowsCompleteAndInOrder) {
    constexpr std::int64_t kPiece = limits::kExportRowsPerChunk;
    constexpr std::int64_t kRows = 2 * kPiece + 1;
    MakeStore();
    ASSERT_TRUE(Append(*MustOpen(), ledger::MakeIssuances(2, 8, kRows - 7)));
    const auto pieces = Pieces(ExportRange::Whole(Sequence{kRows}));
    ASSERT_TRUE(pieces);
    ASSERT_EQ(pieces->size(), 3U);
    EXPECT_EQ(std::ranges::count(pieces->at(0), '\n'), 1 + kPiece) << "with the heading";
    EXPECT_EQ(std::ranges::count(pieces->at(1), '\n'), kPiece);
    EXPECT_EQ(std::ranges::count(pieces->at(2), '\n'), 1);
    const std::string list = pieces->at(0) + pieces->at(1) + pieces->at(2);
    std::size_t at = list.find('\n') + 1;
    for (std::int64_t sequence = 1; sequence <= kRows; ++sequence) {
        ASSERT_TRUE(list.substr(at, 20).starts_with(std::to_string(sequence) + ","));
        at = list.find('\n', at) + 1;
    }
}

TEST_F(IssuanceExportTest, IsCutWhereARowIsMissing) {
    for (const int missing : {1, 4, 7}) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        Plant("DELETE FROM coupon_issuance WHERE key = (2 << 40) + " + std::to_string(missing));
        EXPECT_EQ(Export(), std::nullopt) << missing;
    }
}

TEST_F(IssuanceExportTest, OfWhatIsThereSkipsWhatIsMissing) {
    MakeStore();
    Plant("DELETE FROM coupon_issuance WHERE key = (2 << 40) + 4");
    const auto pieces = Pieces(ExportRange::WhatIsThere());
    ASSERT_TRUE(pieces);
    ASSERT_EQ(pieces->size(), 1U);
    EXPECT_EQ(std::ranges::count(pieces->at(0), '\n'), 1 + 6) << pieces->at(0);
}

TEST_F(IssuanceExportTest, OfWhatIsThereGoesOnAfterAFullPiece) {
    constexpr std::int64_t kPiece = limits::kExportRowsPerChunk;
    MakeStore();
    ASSERT_TRUE(Append(*MustOpen(), ledger::MakeIssuances(2, 8, kPiece + 1 - 7)));
    const auto pieces = Pieces(ExportRange::WhatIsThere());
    ASSERT_TRUE(pieces);
    ASSERT_EQ(pieces->size(), 2U);
    EXPECT_EQ(std::ranges::count(pieces->at(0), '\n'), 1 + kPiece);
    EXPECT_EQ(std::ranges::count(pieces->at(1), '\n'), 1);
}

}  // namespace
}  // namespace coupon::http::api
