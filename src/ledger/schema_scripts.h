#pragma once

#include <span>
#include <string_view>

namespace coupon::ledger {

/// One step of the schema: schema/NNNN_name.sql. A step that has been released is never edited; a
/// change is a new one.
struct SchemaScript {
    int version = 0;
    std::string_view name;
    std::string_view sql;
};

/// Every step, from version 1 upwards without a gap; compiled in.
std::span<const SchemaScript> SchemaScripts();

}  // namespace coupon::ledger
