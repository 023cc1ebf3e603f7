#include "http/api/allocation_counter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}

// Not inlined: where only one half of a pair is, GCC takes malloc and delete for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++allocations;
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace coupon::http::api {

std::size_t AllocationCount() { return allocations; }

TEST(AllocationCounter, Counts) {
    const std::size_t before = AllocationCount();
    const auto memory = std::make_unique<int>(1);
    EXPECT_EQ(AllocationCount(), before + 1);
    EXPECT_EQ(*memory, 1);
}

}  // namespace coupon::http::api
