#include "apps/ctl/cells.h"

#include <boost/json/serialize.hpp>

namespace coupon::ctl {

namespace json = boost::json;

const json::object& ObjectOf(const json::value& value) {
    static const json::object kEmpty;
    return value.is_object() ? value.get_object() : kEmpty;
}

const json::array& ArrayOf(const json::value& value, std::string_view key) {
    static const json::array kEmpty;
    const json::value* member = ObjectOf(value).if_contains(key);
    return member != nullptr && member->is_array() ? member->get_array() : kEmpty;
}

/// A member as it is shown in a cell; `null_text` for an explicit null.
std::string Cell(const json::value& value, std::string_view key, std::string_view null_text) {
    const json::value* member = ObjectOf(value).if_contains(key);
    if (member == nullptr) return std::string(kMissing);
    if (member->is_null()) return std::string(null_text);
    if (member->is_string()) return std::string(member->get_string());
    if (member->is_bool()) return member->get_bool() ? "yes" : "no";
    if (member->is_number()) return json::serialize(*member);
    return std::string(kMissing);
}

}  // namespace coupon::ctl
