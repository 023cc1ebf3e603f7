#include "admission/redis_accepted.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "common/limits.h"
#include "common/parse_number.h"

namespace coupon::admission {
namespace {

constexpr std::int64_t kVersion = 1;

std::unexpected<Error> Damaged(std::string_view operation, std::string detail) {
    return std::unexpected(Error{.code = ErrorCode::kDamaged,
                                 .operation = std::string(operation),
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = std::move(detail)});
}

/// The number behind a name; nullopt: it is missing, no number or out of range.
std::optional<std::int64_t> NumberOf(const redis::RedisReply& fields, std::string_view name,
                                     std::int64_t min, std::int64_t max) {
    for (std::size_t i = 0; i + 1 < fields.Size(); i += 2) {
        if (fields[i].Text() != name) continue;
        const auto number = ParseWhole<std::int64_t>(fields[i + 1].Text());
        return number && *number >= min && *number <= max ? number : std::nullopt;
    }
    return std::nullopt;
}

std::string_view TextOf(const redis::RedisReply& fields, std::string_view name) {
    for (std::size_t i = 0; i + 1 < fields.Size(); i += 2) {
        if (fields[i].Text() == name) return fields[i + 1].Text();
    }
    return {};
}

}  // namespace

Result<AcceptedBatch> ParseAccepted(const redis::RedisReply& fields) {
    const auto damaged = [](std::string detail) {
        return Damaged("read an accepted batch", std::move(detail));
    };
    if (NumberOf(fields, "v", kVersion, kVersion) != kVersion) {
        return damaged(fmt::format("version '{}' is not {}", TextOf(fields, "v"), kVersion));
    }
    const auto epoch = NumberOf(fields, "e", 1, limits::kIdMax);
    const auto issued_at = NumberOf(fields, "t", 0, limits::kIdMax);
    const auto first = NumberOf(fields, "s", 1, limits::kSequenceMax);
    if (!epoch || !issued_at || !first) return damaged("e, t or s is missing or out of range");
    AcceptedBatch batch{.epoch = *epoch,
                        .issued_at = WallTime{std::chrono::milliseconds{*issued_at}},
                        .first = Sequence{*first},
                        .users = {}};
    std::string_view rest = TextOf(fields, "u");
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        const auto user = ParseWhole<std::int64_t>(word);
        if (!user || *user < 1) return damaged(fmt::format("'{}' is no user id", word));
        batch.users.push_back(UserId{*user});
    }
    const auto count = static_cast<std::int64_t>(batch.users.size());
    if (count < 1 || count > limits::kSequenceMax - *first + 1) {
        return damaged(fmt::format("{} users from sequence {}", count, *first));
    }
    return batch;
}

Result<UserEntry> ParseUserEntry(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto sequence = ParseWhole<std::int64_t>(text.substr(0, colon));
        const auto offset = ParseWhole<std::int64_t>(text.substr(colon + 1));
        if (sequence && offset && *sequence >= 1 && *sequence <= limits::kSequenceMax) {
            return UserEntry{Sequence{*sequence}, *offset};
        }
    }
    return Damaged("read a user's entry", fmt::format("'{}' is not SEQUENCE:OFFSET", text));
}

}  // namespace coupon::admission
