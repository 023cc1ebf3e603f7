#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/clock.h"
#include "common/ids.h"

namespace coupon::ledger {

/// CRC32C (Castagnoli) of bytes; of "123456789" it is 0xE3069283. `before` is that of the bytes
/// that stand in front of them.
std::uint32_t Crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// What an issuance's column checksum holds: CRC32C over key, user and time as three little-endian
/// 64-bit numbers, kept as a signed number because SQLite then stores it in four bytes. SQLite has
/// no checksum of its own for table pages. Other tables: sqlite_checksum.h.
std::int32_t RowChecksum(std::int64_t key, UserId user, WallTime issued_at);

}  // namespace coupon::ledger
