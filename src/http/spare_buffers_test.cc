#include "http/spare_buffers.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/limits.h"

namespace coupon::http {
namespace {

std::string BufferOf(std::size_t bytes) {
    std::string buffer("used");
    buffer.reserve(bytes);
    return buffer;
}

TEST(SpareBuffers, GivesBackWhatItKeptEmptyAndWithItsRoom) {
    SpareBuffers spare;
    spare.Give(BufferOf(5000));
    const std::string again = spare.Take();
    EXPECT_EQ(again, "");
    EXPECT_GE(again.capacity(), 5000U);
    EXPECT_EQ(spare.KeptForTest(), 0U);
}

TEST(SpareBuffers, KeepsNoMoreThanItsNumber) {
    SpareBuffers spare;
    for (std::size_t i = 0; i < limits::kSpareBuffersMax; ++i) spare.Give(BufferOf(1024));
    EXPECT_EQ(spare.KeptForTest(), limits::kSpareBuffersMax);
    std::string one_more = BufferOf(1024);
    spare.Give(std::move(one_more));
    EXPECT_EQ(spare.KeptForTest(), limits::kSpareBuffersMax);
    EXPECT_LT(one_more.capacity(), 1024U) << "it is freed";  // NOLINT(bugprone-use-after-move)
}

TEST(SpareBuffers, KeepsNoneThatIsTooLarge) {
    SpareBuffers spare;
    spare.Give(BufferOf(limits::kSpareBufferBytesMax));
    EXPECT_EQ(spare.KeptForTest(), 1U);
    std::string larger = BufferOf(limits::kSpareBufferBytesMax + 1);
    spare.Give(std::move(larger));
    EXPECT_EQ(spare.KeptForTest(), 1U);
    EXPECT_LT(larger.capacity(), 1024U) << "it is freed";  // NOLINT(bugprone-use-after-move)
}

}  // namespace
}  // namespace coupon::http
