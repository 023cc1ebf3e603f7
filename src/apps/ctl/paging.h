#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "apps/ctl/session.h"
#include "common/ids.h"

namespace coupon::ctl {

/// Entries with a coupon id above `after`, at most `limit` of them (absent = all).
struct PageRange {
    CouponId after;
    std::optional<std::int64_t> limit;
};

/// Reads as many pages of {"coupons":[...],"next":id|null} at `path` as `range` takes and joins
/// them to one such document; its "next" is where to go on, null at the end.
OrExit<boost::json::object> FetchPages(Session& session, std::string_view path,
                                       const PageRange& range);

}  // namespace coupon::ctl
