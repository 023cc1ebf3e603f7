#include "ledger/sqlite_checksum.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "ledger/row_checksum.h"

namespace coupon::ledger {
namespace {

std::uint32_t AddNumber(std::uint32_t crc, std::int64_t number) {
    return Crc32c(std::as_bytes(std::span(&number, 1)), crc);
}

/// Type, then the number, or size and bytes of anything else: no two lists of values look alike.
std::uint32_t AddValue(std::uint32_t crc, sqlite3_value* value) {
    const int type = sqlite3_value_type(value);
    crc = AddNumber(crc, type);
    if (type == SQLITE_NULL) return crc;
    if (type == SQLITE_INTEGER) return AddNumber(crc, sqlite3_value_int64(value));
    const auto* const data = static_cast<const std::byte*>(sqlite3_value_blob(value));
    const int size = sqlite3_value_bytes(value);  // after the blob, which may convert
    crc = AddNumber(crc, size);
    return data == nullptr ? crc : Crc32c({data, static_cast<std::size_t>(size)}, crc);
}

void ChecksumOf(sqlite3_context* context, int count, sqlite3_value** values) {
    std::uint32_t crc = 0;
    for (sqlite3_value* const value : std::span(values, static_cast<std::size_t>(count))) {
        crc = AddValue(crc, value);
    }
    sqlite3_result_int(context, static_cast<std::int32_t>(crc));
}

}  // namespace

int AddChecksumFunction(sqlite3* handle) {
    constexpr int kAnyCount = -1;
    return sqlite3_create_function_v2(handle, "checksum_of", kAnyCount,
                                      SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                      nullptr, ChecksumOf, nullptr, nullptr, nullptr);
}

}  // namespace coupon::ledger
