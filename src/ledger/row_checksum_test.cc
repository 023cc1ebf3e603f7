#include "ledger/row_checksum.h"

#include <gtest/gtest.h>

#include <string_view>

#include "ledger/row_key.h"

namespace coupon::ledger {
namespace {

std::uint32_t OfText(std::string_view text) { return Crc32c(std::as_bytes(std::span(text))); }

TEST(RowChecksum, IsTheCastagnoliCrc) {
    EXPECT_EQ(OfText(""), 0u);
    EXPECT_EQ(OfText("123456789"), 0xE3069283u);
    EXPECT_EQ(OfText("The quick brown fox jumps over the lazy dog"), 0x22620404u);
}

TEST(RowChecksum, GoesOnFromWhatStandsInFront) {
    const std::string_view digits = "123456789";
    for (std::size_t cut = 0; cut <= digits.size(); ++cut) {
        const std::string_view rest = digits.substr(cut);
        EXPECT_EQ(Crc32c(std::as_bytes(std::span(rest)), OfText(digits.substr(0, cut))),
                  0xE3069283u);
    }
}

TEST(RowChecksum, OfARowIsTheCrcOfItsThreeNumbers) {
    const std::int64_t numbers[] = {RowKey(CouponId(3), Sequence(7)), 42, 1'700'000'000'123};
    const WallTime issued_at{std::chrono::milliseconds(numbers[2])};
    EXPECT_EQ(static_cast<std::uint32_t>(RowChecksum(numbers[0], UserId(42), issued_at)),
              Crc32c(std::as_bytes(std::span(numbers))));
}

TEST(RowChecksum, ChangesWithEveryBitOfTheRow) {
    const std::int64_t key = RowKey(CouponId(3), Sequence(7));
    const WallTime issued_at{std::chrono::milliseconds(1'700'000'000'123)};
    const std::int32_t checksum = RowChecksum(key, UserId(42), issued_at);
    for (int bit = 0; bit < 63; ++bit) {
        const std::int64_t flip = std::int64_t{1} << bit;
        EXPECT_NE(RowChecksum(key ^ flip, UserId(42), issued_at), checksum);
        EXPECT_NE(RowChecksum(key, UserId(42 ^ flip), issued_at), checksum);
        const WallTime other{std::chrono::milliseconds(1'700'000'000'123 ^ flip)};
        EXPECT_NE(RowChecksum(key, UserId(42), other), checksum);
    }
}

TEST(RowKey, GivesCouponAndSequenceBack) {
    const std::int64_t key = RowKey(CouponId(limits::kCouponsMax), Sequence(limits::kSequenceMax));
    EXPECT_GT(key, 0);
    EXPECT_EQ(CouponOfKey(key), CouponId(limits::kCouponsMax));
    EXPECT_EQ(SequenceOfKey(key), Sequence(limits::kSequenceMax));
}

}  // namespace
}  // namespace coupon::ledger
