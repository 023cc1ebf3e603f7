# Headers from outside that most files include, parsed once a preset (2 cores, 2026-11-24: a cold dev build takes 8.6
# instead of 14.5 minutes of CPU). Only headers of others, so that a change of ours never parses them again. A file still
# has to include what it uses: the presets tidy and fuzz have precompiled headers off, so that a missing include fails
# there.
include_guard()

# coupon_precompiled(NAME LINKS ... HEADERS ...): others take it by target_precompile_headers(... REUSE_FROM precompiled_NAME);
# they have to link at least what it links.
function(coupon_precompiled name)
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
coupon_precompiled(standard HEADERS ${standard_headers})
coupon_precompiled(test LINKS GTest::gmock HEADERS ${standard_headers} <gmock/gmock.h> <gtest/gtest.h>)
coupon_precompiled(http LINKS Boost::headers
    HEADERS ${standard_headers} <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>)
