#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "redis/redis_reply.h"

namespace coupon::admission {

/// One entry of the stream of accepted claims: the winners of one batch.
///     v=1 e=EPOCH t=ISSUED_AT_MS s=FIRST_SEQUENCE u="USER USER ..."
/// Users stand in the order of their sequences, which follow each other from s. A reader of version
/// N reads N-1 as well; what it does not know it must not acknowledge.
struct AcceptedBatch {
    std::int64_t epoch = 0;  ///< under which it was admitted
    WallTime issued_at{};
    Sequence first;
    std::vector<UserId> users;  ///< at least one
};

/// From the fields of an entry, an array of names and values. Errors: kDamaged, nothing applied:
/// an unknown version, a field that is missing, no number or out of range. Pure; any thread.
Result<AcceptedBatch> ParseAccepted(const redis::RedisReply& fields);

/// What stands behind a user in RedisKeys::users.
struct UserEntry {
    Sequence sequence;
    std::int64_t offset_ms = 0;  ///< issued_at after the window's start; may be negative
};

/// "SEQUENCE:OFFSET". Errors: kDamaged, nothing applied. Pure; any thread.
Result<UserEntry> ParseUserEntry(std::string_view text);

}  // namespace coupon::admission
