#include "redis/redis_error.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace coupon::redis {
namespace {

constexpr std::string_view kOperation = "redis command";
/// Redis may repeat arguments in an error; a log needs the beginning.
constexpr std::size_t kDetailBytes = 200;
/// Redis is well, and a key is not what it should be.
constexpr std::string_view kWrongType = "WRONGTYPE";

struct Refusal {
    std::string_view word;
    ErrorCode code;
    bool passes;  ///< the same command may succeed later
    bool of_every_write;  ///< inside a script, too, it means that nothing was written
};
constexpr std::array<Refusal, 19> kRefusals = {{
    {"LOADING", ErrorCode::kUnavailable, true, false},
    {"READONLY", ErrorCode::kUnavailable, true, true},
    {"MISCONF", ErrorCode::kUnavailable, true, true},
    {"NOREPLICAS", ErrorCode::kUnavailable, true, true},
    {"MASTERDOWN", ErrorCode::kUnavailable, true, false},
    {"CLUSTERDOWN", ErrorCode::kUnavailable, true, false},
    {"MOVED", ErrorCode::kUnavailable, true, false},
    {"ASK", ErrorCode::kUnavailable, true, false},
    {"TRYAGAIN", ErrorCode::kUnavailable, true, false},
    {"BUSY", ErrorCode::kOverloaded, true, false},
    {"OOM", ErrorCode::kStorageFull, true, true},
    {"NOSCRIPT", ErrorCode::kNotFound, true, false},
    {"NOGROUP", ErrorCode::kNotFound, false, false},
    {"BUSYGROUP", ErrorCode::kConflict, false, false},
    {"EXECABORT", ErrorCode::kUnavailable, false, false},
    {"NOAUTH", ErrorCode::kConfiguration, false, false},
    {"NOPERM", ErrorCode::kConfiguration, false, false},
    {"WRONGPASS", ErrorCode::kConfiguration, false, false},
    {"DENIED", ErrorCode::kConfiguration, false, false},
}};

/// Redis 7 appends " script: <sha>, on @user_script:<line>." to what a script raised.
bool RaisedInScript(std::string_view text) {
    return text.find(" script: ") != std::string_view::npos;
}

}  // namespace

Error ErrorOfReply(std::string_view text) {
    const std::string_view word = text.substr(0, text.find(' '));
    Error error{.code = word == kWrongType ? ErrorCode::kDamaged : ErrorCode::kUnavailable,
                .operation = std::string(kOperation),
                .applied = Applied::kUnknown,
                .retry_is_safe = false,
                .detail = std::string(text.substr(0, kDetailBytes))};
    const auto* refusal = std::ranges::find(kRefusals, word, &Refusal::word);
    if (refusal == kRefusals.end()) return error;
    error.code = refusal->code;
    if (RaisedInScript(text) && !refusal->of_every_write) return error;
    error.applied = Applied::kNo;
    error.retry_is_safe = refusal->passes;
    return error;
}

bool IsRedisError(const Error& error, std::string_view word) {
    const std::string_view detail = error.detail;
    return error.operation == kOperation && detail.substr(0, detail.find(' ')) == word;
}

}  // namespace coupon::redis
