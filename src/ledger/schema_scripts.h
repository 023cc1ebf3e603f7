#pragma once

#include <span>
#include <string_view>

namespace coupon::ledger {

/// One step of a schema: schema/NNNN_name.sql or mysql_schema/NNNN_name.sql. A step that has been
/// released is never edited; a change is a new one.
struct SchemaScript {
    int version = 0;
    std::string_view name;
    std::string_view sql;
};

/// Every step of the SQLite file, from version 1 upwards without a gap; compiled in.
std::span<const SchemaScript> SchemaScripts();
/// The same of MySQL. There every definition commits by itself, so a step must bear to run again
/// after a crash in its middle: CREATE TABLE IF NOT EXISTS, and so on. A statement ends with a
/// semicolon at the end of a line.
std::span<const SchemaScript> MysqlSchemaScripts();

}  // namespace coupon::ledger
