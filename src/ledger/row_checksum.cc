#include "ledger/row_checksum.h"

#include <array>
#include <bit>
#include <cstring>

namespace coupon::ledger {
namespace {

constexpr std::size_t kSlices = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

constexpr Tables MakeTables() {
    constexpr std::uint32_t kPolynomialReversed = 0x82F63B78;
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomialReversed : 0);
        }
        tables[0][byte] = crc;
    }
    for (std::size_t slice = 1; slice < kSlices; ++slice) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = tables[slice - 1][byte];
            tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xFF];
        }
    }
    return tables;
}

constexpr Tables kTables = MakeTables();

/// Eight bytes at a time ("slicing by 8"): no special instruction, a few nanoseconds a row.
std::uint32_t Update(std::uint32_t crc, std::uint64_t little_endian_word) {
    const std::uint64_t mixed = little_endian_word ^ crc;
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < kSlices; ++i) {
        next ^= kTables[kSlices - 1 - i][(mixed >> (8 * i)) & 0xFF];
    }
    return next;
}

static_assert(std::endian::native == std::endian::little,
              "Crc32c reads words of a little-endian machine");

}  // namespace

std::uint32_t Crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
    std::uint32_t crc = ~before;
    while (bytes.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        crc = Update(crc, word);
        bytes = bytes.subspan(sizeof word);
    }
    for (const std::byte byte : bytes) {
        crc = (crc >> 8) ^ kTables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFF];
    }
    return ~crc;
}

std::int32_t RowChecksum(std::int64_t key, UserId user, WallTime issued_at) {
    std::uint32_t crc = ~std::uint32_t{0};
    crc = Update(crc, static_cast<std::uint64_t>(key));
    crc = Update(crc, static_cast<std::uint64_t>(user.value));
    crc = Update(crc, static_cast<std::uint64_t>(issued_at.time_since_epoch().count()));
    return static_cast<std::int32_t>(~crc);
}

}  // namespace coupon::ledger
