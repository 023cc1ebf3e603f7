#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coupon::fuzz {

/// A member of a JSON object; `text` is its value as it stands in the body.
struct NaiveMember {
    std::string name;  ///< unescaped
    std::string_view text;
};

/// The members of the outermost object in the order of the text, doubles included, when
/// Boost.JSON's DOM takes `body` as one object, at most limits::kJsonDepthMax deep; else nullopt.
/// The members are found by counting brackets, so that a rule about a number can be held against
/// the digits that were sent and not against what a parser made of them.
std::optional<std::vector<NaiveMember>> ReadMembers(std::string_view body);

/// "7", "-7", "0" that fit 64 bits: no "-0", "+7", "07", "7.0", "7e0".
std::optional<std::int64_t> PlainInteger(std::string_view text);

/// The string that a JSON string literal stands for; nullopt for any other value. `text` must be
/// valid JSON.
std::optional<std::string> PlainString(std::string_view text);

/// The member of that name if it is there once, else nullptr.
const NaiveMember* FindOnce(const std::vector<NaiveMember>& members, std::string_view name);

}  // namespace coupon::fuzz
