#include "apps/ctl/paging.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "common/exit_code.h"
#include "common/limits.h"

namespace coupon::ctl {
namespace {

namespace json = boost::json;

json::array* EntriesOf(json::value& page, std::string_view name) {
    json::value* entries = page.is_object() ? page.get_object().if_contains(name) : nullptr;
    return entries != nullptr && entries->is_array() ? &entries->get_array() : nullptr;
}

}  // namespace

OrExit<json::object> FetchPages(Session& session, const PagedList& list, const PageRange& range) {
    json::object joined;
    json::array all;
    std::int64_t after = range.after;
    std::optional<std::int64_t> next;
    do {
        auto count = static_cast<std::int64_t>(limits::kPageSizeMax);
        if (range.limit) count = std::min(count, *range.limit - std::ssize(all));
        OrExit<json::value> page = session.Fetch(
            {.path = fmt::format("{}?after={}&limit={}{}", list.path, after, count, list.filter)},
            CallKind::kRead);
        if (!page) return std::unexpected(page.error());
        json::array* entries = EntriesOf(*page, list.entries);
        next = page->is_object() ? IntegerOf(page->get_object(), "next") : std::nullopt;
        if (entries == nullptr || (next && *next <= after)) {
            session.Say(
                "the answer is no page of a list that can be followed; is it a coupon service?");
            return std::unexpected(kExitUnavailable);
        }
        all.insert(all.end(), std::make_move_iterator(entries->begin()),
                   std::make_move_iterator(entries->end()));
        if (joined.empty()) joined = std::move(page->get_object());
        after = next.value_or(after);
    } while (next && (!range.limit || std::ssize(all) < *range.limit));
    joined[list.entries] = std::move(all);
    joined["next"] = next ? json::value(*next) : json::value(nullptr);
    return joined;
}

}  // namespace coupon::ctl
