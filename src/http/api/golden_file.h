#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace coupon::http::api {

/// For tests: `actual` must be what tests/golden/<name> holds. With COUPON_UPDATE_GOLDEN=1 the file
/// is rewritten.
inline void ExpectGolden(const std::string& name, std::string_view actual) {
    const std::filesystem::path file = std::filesystem::path(COUPON_GOLDEN_DIR) / name;
    if (std::getenv("COUPON_UPDATE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << actual;
    }
    std::ifstream stream(file, std::ios::binary);
    ASSERT_TRUE(stream) << file << " is missing; COUPON_UPDATE_GOLDEN=1 writes it";
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), actual) << file;
}

}  // namespace coupon::http::api
