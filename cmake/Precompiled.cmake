# Headers from outside that most files include, parsed once a preset: a build from nothing takes little more than half
# the time. Only headers of others, so that a change of ours never parses them again. A file still has to include what
# it uses: the presets tidy and fuzz do without.
include_guard()

# precompiled(NAME LINKS ... HEADERS ...): others take it by target_precompile_headers(... REUSE_FROM precompiled_NAME);
# they have to link at least what it links.
function(precompiled name)
    cmake_parse_arguments(ARG "" "" "LINKS;HEADERS" ${ARGN})
    set(source ${CMAKE_BINARY_DIR}/precompiled_${name}.cc)
    if(NOT EXISTS ${source})
        file(WRITE ${source} "// CMake wants a source.\n")
    endif()
    add_library(precompiled_${name} OBJECT ${source})
    target_link_libraries(precompiled_${name} PRIVATE coupon_options fmt::fmt ${ARG_LINKS})
    target_precompile_headers(precompiled_${name} PRIVATE ${ARG_HEADERS})
endfunction()

set(standard_headers
    <algorithm> <array> <atomic> <charconv> <chrono> <expected> <filesystem> <fstream> <functional> <map> <memory>
    <optional> <set> <span> <sstream> <string> <string_view> <thread> <utility> <vector> <fmt/format.h>)
precompiled(standard HEADERS ${standard_headers})
precompiled(test LINKS GTest::gmock HEADERS ${standard_headers} <gmock/gmock.h> <gtest/gtest.h>)
precompiled(http LINKS Boost::headers
    HEADERS ${standard_headers} <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>)
