# How a stage, its tests and a program are built. Everything that is the same for all of them stands here once.
include_guard()

option(COUPON_ASSERTIONS "Keep DCHECK and the standard library's assertions on" ON)

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(GTest REQUIRED)

add_library(coupon_options INTERFACE)
target_include_directories(coupon_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(coupon_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror
    -fstack-protector-strong
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_compile_definitions(coupon_options INTERFACE
    $<$<BOOL:${COUPON_ASSERTIONS}>:COUPON_DCHECK_ON _GLIBCXX_ASSERTIONS>
    $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
target_link_libraries(coupon_options INTERFACE Threads::Threads)

include(EmbedScripts)
include(Precompiled)

# coupon_library(NAME SOURCES a.cc b.cc LINKS ...): static library coupon_NAME.
function(coupon_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_library(coupon_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(coupon_${name} PUBLIC coupon_options ${ARG_LINKS})
    if(name MATCHES "^(http|redis)")  # the stages that use Asio throughout
        target_precompile_headers(coupon_${name} REUSE_FROM precompiled_http)
    else()
        target_precompile_headers(coupon_${name} REUSE_FROM precompiled_standard)
    endif()
endfunction()

# coupon_test(NAME SOURCES a_test.cc LINKS ...): GoogleTest program NAME, known to ctest; it may include
# "tests/support/...".
function(coupon_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE coupon_options ${ARG_LINKS} coupon_test_support GTest::gtest_main GTest::gmock)
    target_precompile_headers(${name} REUSE_FROM precompiled_test)
    add_test(NAME ${name} COMMAND ${name})
endfunction()

# coupon_stage(NAME LINKS ...): every source of the folder is the library coupon_NAME, every *_test.cc beside it
# the program NAME_test. A new file needs no line here. With SERVER x, the tests in x_*_test.cc are a program of their
# own, x_NAME_test: they start a server, which the others should not wait for; it links coupon_x_test_support.
function(coupon_stage name)
    cmake_parse_arguments(ARG "" "SERVER" "LINKS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS *.cc)
    set(tests ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cc$")
    list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
    coupon_library(${name} SOURCES ${sources} LINKS ${ARG_LINKS})
    if(ARG_SERVER)
        set(server_tests ${tests})
        list(FILTER server_tests INCLUDE REGEX "/${ARG_SERVER}_[a-z_]*_test\\.cc$")
        list(FILTER tests EXCLUDE REGEX "/${ARG_SERVER}_[a-z_]*_test\\.cc$")
        coupon_test(${ARG_SERVER}_${name}_test
            SOURCES ${server_tests} LINKS coupon_${name} coupon_${ARG_SERVER}_test_support)
    endif()
    if(tests)
        coupon_test(${name}_test SOURCES ${tests} LINKS coupon_${name})
    endif()
endfunction()
