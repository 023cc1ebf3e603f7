#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ledger/sqlite_test_store.h"

namespace coupon::ledger {

inline constexpr std::size_t kLogHeader = 32;
inline constexpr std::size_t kFrameHeader = 24;
inline constexpr std::size_t kFrame = kFrameHeader + 4096;
inline constexpr std::size_t kSector = 512;

inline std::size_t Frames(const std::string& log) { return (log.size() - kLogHeader) / kFrame; }

/// What a kill leaves: the two files as they stand while the ledger is open, after every commit.
class KilledStore : public SqliteTestStore {
protected:
    struct Moment {
        std::string file;
        std::string log;
        std::int64_t rows = 0;  ///< acknowledged so far, all of coupon 1
    };

    /// Opens, creates coupon 1 and writes the batches; the moments after each, the creation first.
    std::vector<Moment> Live(std::span<const std::int64_t> batches) {
        const auto ledger = MustOpen();
        std::vector<Moment> moments;
        EXPECT_TRUE(Create(*ledger, MakeCoupon(1)));
        moments.push_back(Now(0));
        for (const std::int64_t rows : batches) {
            const std::int64_t before = moments.back().rows;
            EXPECT_TRUE(Append(*ledger, MakeIssuances(1, before + 1, rows)));
            EXPECT_TRUE(ledger->CheckpointIfDue());
            moments.push_back(Now(before + rows));
        }
        return moments;
    }

    /// Puts the two files in place as if nothing had been there.
    void Restore(const std::string& file, const std::string& log) {
        std::filesystem::remove(folder_ / "coupon.db-shm");
        WriteFile(Database(), file);
        WriteFile(Log(), log);
    }

    /// Rows after a start over these files; nullopt: refused as damaged. Rows that are not those
    /// that were written, and other refusals, are failures.
    std::optional<std::int64_t> RowsAfter(const std::string& file, const std::string& log) {
        Restore(file, log);
        const auto ledger = SqliteLedger::Open(options_);
        const auto rows = ledger ? Load(**ledger) : std::unexpected(ledger.error());
        if (!rows) {
            EXPECT_EQ(rows.error().code, ErrorCode::kDamaged) << Describe(rows.error());
            return std::nullopt;
        }
        std::int64_t sequence = 0;
        for (const auto& row : *rows) {
            ++sequence;
            EXPECT_EQ(row.issuance.sequence.value, sequence);
            EXPECT_EQ(row.issuance.user_id.value, 1000 + sequence);
        }
        return sequence;
    }

private:
    Moment Now(std::int64_t rows) const { return {ReadFile(Database()), ReadFile(Log()), rows}; }
};

}  // namespace coupon::ledger
