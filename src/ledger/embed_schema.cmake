# cmake -DOUTPUT=x.cc "-DFILES=a.sql;b.sql" -DFUNCTION=Scripts -P embed_schema.cmake: a function of ledger/schema_scripts.h
# with one SchemaScript a file, in the order of the names, which must be numbered 0001_, 0002_, ... without a gap.
list(SORT FILES)
set(entries "")
set(expected 1)
foreach(file IN LISTS FILES)
    get_filename_component(name ${file} NAME_WE)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
        message(FATAL_ERROR "${file}: not named like 0001_what_it_does.sql")
    endif()
    string(REGEX REPLACE "^0+" "" version ${CMAKE_MATCH_1})
    if(NOT version EQUAL expected)
        message(FATAL_ERROR "${file}: expected number ${expected}")
    endif()
    math(EXPR expected "${expected} + 1")
    file(READ ${file} sql)
    string(APPEND entries "    {${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from *.sql beside src/ledger: edit those instead.
#include \"ledger/schema_scripts.h\"

namespace coupon::ledger {

namespace {
constexpr SchemaScript kScripts[] = {
${entries}};
}  // namespace

std::span<const SchemaScript> ${FUNCTION}() {
    return kScripts;
}

}  // namespace coupon::ledger
")
