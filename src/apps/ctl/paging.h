#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "apps/ctl/session.h"

namespace coupon::ctl {

/// Entries with an id above `after`, at most `limit` of them (absent = all).
struct PageRange {
    std::int64_t after = 0;
    std::optional<std::int64_t> limit = {};
};

/// A list of the service.
struct PagedList {
    std::string path;
    std::string entries = "coupons";  ///< the member that holds them
    std::string filter = {};          ///< "&status=open"
};

/// Reads as many pages of {"coupons":[...],"next":id|null} as `range` takes and joins them to one
/// such document; its "next" is where to go on, null at the end.
OrExit<boost::json::object> FetchPages(Session& session, const PagedList& list,
                                       const PageRange& range);

}  // namespace coupon::ctl
