#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/parse_number.h"

namespace coupon::http::api {

/// The value of a member of the outermost object. What is inside an array or object is checked and
/// skipped.
struct JsonValue {
    enum class Kind : std::uint8_t {
        kNull,
        kBool,
        kInteger,  ///< fits 64 signed bits, written without fraction and exponent, and is not -0
        kNumber,  ///< any other number: 1.0, 1e3, -0, 2^63
        kString,
        kArray,
        kObject
    };

    Kind kind = Kind::kNull;
    bool truth = false;  ///< kBool
    std::int64_t integer = 0;  ///< kInteger
    std::string_view text = {};  ///< kString, unescaped; ends with the call
};

/// Takes the members of an object in the order of the text.
class JsonMembers {
public:
    /// `name` is unescaped, cut after limits::kJsonNameBytesMax, and ends with the call. A name may
    /// come twice.
    virtual void OnMember(std::string_view name, const JsonValue& value) = 0;

protected:
    ~JsonMembers() = default;
};

/// Reads one JSON object (RFC 8259, strict: valid UTF-8, no comments, no trailing commas) without
/// building it. Allocates nothing unless the text is wrong or a member is a string with escapes.
/// Confined to one thread; reusable.
class JsonObjectParser {
public:
    JsonObjectParser();
    ~JsonObjectParser();
    JsonObjectParser(const JsonObjectParser&) = delete;
    JsonObjectParser& operator=(const JsonObjectParser&) = delete;

    /// Members seen before an error was found have been handed over already. Errors:
    /// kInvalidArgument with the field "body": empty, not JSON, not an object, nested deeper than
    /// limits::kJsonDepthMax, bytes after the object.
    Result<void> Parse(std::string_view body, JsonMembers& members);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// `value` as an integer in `range`. Errors: kInvalidArgument with `field`. Pure; any thread.
Result<std::int64_t> ReadInteger(const JsonValue& value, std::string_view field,
                                 IntegerRange range);

}  // namespace coupon::http::api
