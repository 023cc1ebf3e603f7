// What every form of the ledger does alike, whoever decides above it: rows and counters move
// together or not at all, nothing is issued beyond the stock, nothing is redeemed twice, everything
// is there when it is opened again. Where the forms differ, their traits say so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "ledger/mysql_coupons.h"
#include "ledger/mysql_issuance_writer.h"
#include "ledger/mysql_migrations.h"
#include "ledger/mysql_reader.h"
#include "ledger/mysql_redemptions.h"
#include "ledger/sqlite_ledger.h"
#include "ledger/sqlite_reader.h"
#include "tests/support/mariadb_server.h"
#include "tests/support/temporary_folder.h"

namespace coupon::contract {
namespace {

using ledger::IssuanceRow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WallTime kNoon{std::chrono::milliseconds{1'795'608'000'000}};
constexpr WallTime kLater = kNoon + std::chrono::minutes(30);
constexpr Sequence kLast{1'000'000};

template <class T>
T Must(Result<T> result) {
    if (!result) ADD_FAILURE() << Describe(result.error());
    if constexpr (!std::is_void_v<T>) return result ? *std::move(result) : T{};
}

Coupon WithStock(std::optional<std::int64_t> stock) {
    return {.id = {},
            .name = "contract",
            .total_quantity = stock,
            .discount_price = Money(10),
            .minimum_price = Money(100),
            .issue_start = kNoon,
            .issue_end = kNoon + std::chrono::hours(1),
            .expires_at = std::nullopt,
            .state = CouponState::kOpen,
            .shadow = false,
            .created_at = kNoon,
            .updated_at = kNoon};
}

/// The embedded form: rows and redemptions are decided by the engine, so that whatever contradicts
/// the rows is damage and closes the writer; here it is opened again at once.
class SqliteForm {
public:
    static constexpr bool kTakesARepeat = false;

    SqliteForm() { Reopen(); }

    CouponId Create(std::optional<std::int64_t> stock) {
        Coupon coupon = WithStock(stock);
        coupon.id = CouponId(++coupons_);
        Must(ledger_->WriteCoupon({coupon, "create", "", kNoon}));
        return coupon.id;
    }
    bool Write(const std::vector<Issuance>& rows) {
        return Written({.issuances = rows, .redemptions = {}, .undos = {}});
    }
    bool Redeem(const Issuance& issuance, Money amount) {
        const Redemption redemption{issuance.coupon_id, issuance.sequence, amount, kLater};
        return Written({.issuances = {}, .redemptions = {&redemption, 1}, .undos = {}});
    }
    bool Undo(const Issuance& issuance) {
        const RedemptionUndo undo{issuance.coupon_id, issuance.sequence};
        return Written({.issuances = {}, .redemptions = {}, .undos = {&undo, 1}});
    }
    std::vector<IssuanceRow> Page(CouponId coupon, Sequence after, Sequence last,
                                  std::size_t limit) {
        return Must(Must(ledger::SqliteReader::Open(ledger_->DatabasePath()))
                        ->Issuances(coupon, after, last, limit));
    }
    std::int64_t Counter(CouponId coupon) {
        for (const auto& stored : Must(ledger_->LoadCoupons())) {
            if (stored.coupon.id == coupon) return stored.issued_quantity;
        }
        return -1;
    }
    void Reopen() {
        ledger_.reset();
        ledger::SqliteLedgerOptions options;
        options.data_dir = folder_.Path() / "store";
        ledger_ = Must(ledger::SqliteLedger::Open(options));
    }

private:
    bool Written(const ledger::WriteBatch& batch) {
        const auto written = ledger_->Write(batch);
        if (written) return true;
        EXPECT_EQ(written.error().applied, Applied::kNo) << Describe(written.error());
        Reopen();
        return false;
    }

    support::TemporaryFolder folder_;
    std::unique_ptr<ledger::SqliteLedger> ledger_;
    std::int64_t coupons_ = 0;
};

/// The distributed form: several may write at once, so that the ledger itself tells a repeat from a
/// contradiction.
class MysqlForm {
public:
    static constexpr bool kTakesARepeat = true;

    MysqlForm() : pool_(Must(ledger::MysqlPool::Create(server_.NewDatabase()))) {
        Must(ledger::MigrateSchema(*pool_));
    }

    CouponId Create(std::optional<std::int64_t> stock) {
        return Must(ledger::MysqlCoupons(*pool_).Create(WithStock(stock), "test")).coupon.id;
    }
    bool Write(const std::vector<Issuance>& rows) {
        const auto report = Must(
            ledger::MysqlIssuanceWriter(*pool_).Write(rows.front().coupon_id, /*epoch=*/0, rows));
        return report.verdict == ledger::WriteVerdict::kWritten && report.conflicts.empty();
    }
    bool Redeem(const Issuance& issuance, Money amount) {
        return Must(ledger::MysqlRedemptions(*pool_).Redeem(issuance.coupon_id, issuance.user_id,
                                                            amount, kLater))
                   .verdict == ledger::RedemptionVerdict::kRedeemed;
    }
    bool Undo(const Issuance& issuance) {
        return Must(ledger::MysqlRedemptions(*pool_).Undo(issuance.coupon_id, issuance.user_id))
                   .verdict == ledger::RedemptionVerdict::kUndone;
    }
    std::vector<IssuanceRow> Page(CouponId coupon, Sequence after, Sequence last,
                                  std::size_t limit) {
        return Must(ledger::MysqlReader(*pool_).Issuances(coupon, after, last, limit));
    }
    std::int64_t Counter(CouponId coupon) {
        const auto found = Must(ledger::MysqlCoupons(*pool_).Find(coupon));
        return found ? found->issued : -1;
    }
    void Reopen() {
        server_.Kill();
        server_.Start();
        pool_ = Must(ledger::MysqlPool::Create(pool_->Options()));
    }

private:
    support::MariadbServer& server_ = support::MariadbServer::Shared();
    std::unique_ptr<ledger::MysqlPool> pool_;
};

template <class Form>
class LedgerContract : public ::testing::Test {
protected:
    /// User 1000 + sequence.
    static Issuance Row(CouponId coupon, std::int64_t sequence) {
        return {coupon, Sequence(sequence), UserId(1000 + sequence),
                kNoon + std::chrono::milliseconds(sequence)};
    }
    static std::vector<Issuance> Rows(CouponId coupon, std::int64_t first, std::int64_t last) {
        std::vector<Issuance> rows;
        for (std::int64_t i = first; i <= last; ++i) rows.push_back(Row(coupon, i));
        return rows;
    }
    static IssuanceRow Unused(CouponId coupon, std::int64_t sequence) {
        return {Row(coupon, sequence), std::nullopt};
    }
    static IssuanceRow Used(CouponId coupon, std::int64_t sequence, Money amount) {
        return {Row(coupon, sequence), Redemption{coupon, Sequence(sequence), amount, kLater}};
    }
    /// Every row of the coupon; the counter beside them has to agree.
    std::vector<IssuanceRow> All(CouponId coupon) {
        auto rows = form_.Page(coupon, Sequence(0), kLast, 1000);
        EXPECT_EQ(form_.Counter(coupon), std::ssize(rows));
        return rows;
    }

    Form form_;
};

using Forms = ::testing::Types<SqliteForm, MysqlForm>;
struct FormNames {
    template <class Form>
    static std::string GetName(int) {
        return std::is_same_v<Form, SqliteForm> ? "Sqlite" : "Mysql";
    }
};
TYPED_TEST_SUITE(LedgerContract, Forms, FormNames);

TYPED_TEST(LedgerContract, KeepsTheRowsItWasGivenAndCountsThem) {
    const CouponId coupon = this->form_.Create(10);
    const CouponId other = this->form_.Create(std::nullopt);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 1, 2)));
    EXPECT_TRUE(this->form_.Write(this->Rows(other, 1, 1)));
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 3, 3)));
    EXPECT_THAT(this->All(coupon), ElementsAre(this->Unused(coupon, 1), this->Unused(coupon, 2),
                                               this->Unused(coupon, 3)));
    EXPECT_THAT(this->All(other), ElementsAre(this->Unused(other, 1)));
}

TYPED_TEST(LedgerContract, ChangesNothingWhenABatchComesAgain) {
    const CouponId coupon = this->form_.Create(10);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 1, 3)));
    EXPECT_EQ(this->form_.Write(this->Rows(coupon, 1, 3)), TypeParam::kTakesARepeat);
    EXPECT_EQ(this->All(coupon).size(), 3u);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 4, 4)));
    EXPECT_EQ(this->All(coupon).size(), 4u);
}

TYPED_TEST(LedgerContract, TakesNoneOfABatchBeyondTheStock) {
    const CouponId coupon = this->form_.Create(3);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 1, 2)));
    EXPECT_FALSE(this->form_.Write(this->Rows(coupon, 3, 4)));
    EXPECT_EQ(this->All(coupon).size(), 2u);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 3, 3)));
    EXPECT_FALSE(this->form_.Write(this->Rows(coupon, 4, 4)));
    EXPECT_EQ(this->All(coupon).size(), 3u);
}

TYPED_TEST(LedgerContract, KeepsTheFirstRowOfASequence) {
    const CouponId coupon = this->form_.Create(10);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 1, 2)));
    Issuance thief = this->Row(coupon, 2);
    thief.user_id = UserId(9);
    EXPECT_FALSE(this->form_.Write({thief}));
    EXPECT_THAT(this->All(coupon), ElementsAre(this->Unused(coupon, 1), this->Unused(coupon, 2)));
}

TYPED_TEST(LedgerContract, TakesNoRowOfACouponThatIsNotThere) {
    const CouponId unknown(77);
    EXPECT_FALSE(this->form_.Write(this->Rows(unknown, 1, 1)));
    EXPECT_THAT(this->form_.Page(unknown, Sequence(0), kLast, 10), IsEmpty());
}

TYPED_TEST(LedgerContract, RedeemsOnceUntilItIsGivenBack) {
    const CouponId coupon = this->form_.Create(10);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 1, 2)));
    const Issuance row = this->Row(coupon, 2);
    EXPECT_FALSE(this->form_.Undo(row));
    EXPECT_TRUE(this->form_.Redeem(row, Money(300)));
    EXPECT_FALSE(this->form_.Redeem(row, Money(400)));
    EXPECT_THAT(this->All(coupon),
                ElementsAre(this->Unused(coupon, 1), this->Used(coupon, 2, Money(300))));
    EXPECT_TRUE(this->form_.Undo(row));
    EXPECT_FALSE(this->form_.Undo(row));
    EXPECT_THAT(this->All(coupon), ElementsAre(this->Unused(coupon, 1), this->Unused(coupon, 2)));
    EXPECT_TRUE(this->form_.Redeem(row, Money(500)));
    EXPECT_EQ(this->All(coupon)[1], this->Used(coupon, 2, Money(500)));
}

TYPED_TEST(LedgerContract, ReadsPagesBySequence) {
    const CouponId coupon = this->form_.Create(std::nullopt);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 1, 9)));
    const auto page = [&](std::int64_t after, std::int64_t last, std::size_t limit) {
        std::vector<std::int64_t> sequences;
        for (const auto& row : this->form_.Page(coupon, Sequence(after), Sequence(last), limit)) {
            sequences.push_back(row.issuance.sequence.value);
        }
        return sequences;
    };
    EXPECT_THAT(page(0, 9, 3), ElementsAre(1, 2, 3));
    EXPECT_THAT(page(3, 5, 3), ElementsAre(4, 5));
    EXPECT_THAT(page(8, 100, 3), ElementsAre(9));
    EXPECT_THAT(page(9, 100, 3), IsEmpty());
    EXPECT_THAT(page(0, 9, 0), IsEmpty());
}

TYPED_TEST(LedgerContract, HasEverythingWhenItIsOpenedAgain) {
    const CouponId coupon = this->form_.Create(4);
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 1, 3)));
    EXPECT_TRUE(this->form_.Redeem(this->Row(coupon, 1), Money(300)));
    this->form_.Reopen();
    EXPECT_THAT(this->All(coupon), ElementsAre(this->Used(coupon, 1, Money(300)),
                                               this->Unused(coupon, 2), this->Unused(coupon, 3)));
    EXPECT_FALSE(this->form_.Redeem(this->Row(coupon, 1), Money(400)));
    EXPECT_FALSE(this->form_.Write(this->Rows(coupon, 4, 5)));
    EXPECT_TRUE(this->form_.Write(this->Rows(coupon, 4, 4)));
    EXPECT_EQ(this->All(coupon).size(), 4u);
}

}  // namespace
}  // namespace coupon::contract
