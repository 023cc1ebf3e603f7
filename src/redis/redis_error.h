#pragma once

#include <string_view>

#include "common/error.h"

namespace coupon::redis {

/// What an error reply means, by its first word (NOSCRIPT, LOADING, OOM, ...). Its text is the
/// detail, cut where it is long.
///   applied kNo        Redis refused the command before it did anything: the words of state
///                      (LOADING, READONLY, MOVED, ASK, CLUSTERDOWN, MASTERDOWN, TRYAGAIN, BUSY,
///                      OOM, MISCONF, NOREPLICAS), of rights (NOAUTH, NOPERM, WRONGPASS), of what
///                      is not there (NOSCRIPT, NOGROUP, BUSYGROUP) and EXECABORT
///   applied kUnknown   all others. ERR and WRONGTYPE, too: a script may have written before it
///                      failed, and may answer any text. WRONGTYPE is kDamaged: Redis is well
/// An error that was raised inside a script is kUnknown whatever its word, except where Redis
/// refuses every write alike (OOM, READONLY, MISCONF, NOREPLICAS): then the script's first write
/// was refused, too. retry_is_safe = applied kNo and the state may pass. Pure; any thread.
Error ErrorOfReply(std::string_view text);

/// Whether Redis answered with this word, "NOSCRIPT": for what is normal life and has to be acted
/// on. False for every other error.
bool IsRedisError(const Error& error, std::string_view word);

}  // namespace coupon::redis
