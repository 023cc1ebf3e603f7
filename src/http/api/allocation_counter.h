#pragma once

#include <cstddef>

namespace coupon::http::api {

/// For tests: how often this thread has asked for memory so far. Its source replaces operator new
/// of the test program.
std::size_t AllocationCount();

}  // namespace coupon::http::api
