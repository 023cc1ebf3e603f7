#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace coupon::ctl {

/// How a member is shown that is missing or cannot be shown.
inline constexpr std::string_view kMissing = "-";

/// Empty where `value` is none.
const boost::json::object& ObjectOf(const boost::json::value& value);
const boost::json::array& ArrayOf(const boost::json::value& value, std::string_view key);

/// A member as it is shown in a cell; `null_text` for an explicit null.
std::string Cell(const boost::json::value& value, std::string_view key,
                 std::string_view null_text = kMissing);

}  // namespace coupon::ctl
