#include "ledger/mysql_tallies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/mysql_dead_letters.h"
#include "ledger/mysql_rows_fixture.h"

namespace coupon::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MysqlTalliesTest : public MysqlRowsTest {
protected:
    std::vector<LedgerTally> Tallies(const std::vector<CouponId>& coupons) {
        return Must(ReadTallies(*pool_, coupons));
    }
    std::int64_t AddLetters(CouponId coupon, std::int64_t count) {
        MysqlDeadLetters letters(*pool_);
        for (std::int64_t i = 1; i <= count; ++i) {
            const DeadLetter letter{.coupon_id = coupon,
                                    .user_id = UserId(i),
                                    .sequence = Sequence(i),
                                    .issued_at = kNoon,
                                    .detail = {},
                                    .created_at = {}};
            Must(letters.Add({&letter, 1}));
        }
        return Must(letters.List(0, 1000, std::nullopt)).back().id;
    }
};

TEST_F(MysqlTalliesTest, CountsIssuancesAndDeadLettersOfEachCoupon) {
    const CouponId first = NewCoupon();
    const CouponId second = NewCoupon();
    Must(Write(second, Rows(second, 1, 30)));
    AddLetters(second, 2);
    AddLetters(NewCoupon(), 1);  // nobody asks for it
    EXPECT_THAT(Tallies({second, first}),
                ElementsAre(LedgerTally{first, 0, 0}, LedgerTally{second, 30, 2}));
}

TEST_F(MysqlTalliesTest, CountsALetterWhateverBecameOfIt) {
    const CouponId coupon = NewCoupon();
    const std::int64_t id = AddLetters(coupon, 2);
    using enum DeadLetterStatus;
    EXPECT_TRUE(Must(MysqlDeadLetters(*pool_).SetStatus(id, kOpen, kDropped)));
    EXPECT_THAT(Tallies({coupon}), ElementsAre(LedgerTally{coupon, 0, 2}));
}

TEST_F(MysqlTalliesTest, LeavesOutCouponsThatDoNotExist) {
    EXPECT_THAT(Tallies({CouponId{12'345}}), IsEmpty());
    EXPECT_THAT(Tallies({}), IsEmpty());
}

}  // namespace
}  // namespace coupon::ledger
