#include "tests/support/temporary_folder.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>

#include "common/check.h"

namespace coupon::support {
namespace {

std::filesystem::path Parent() {
    const bool in_memory =
        std::getenv("TMPDIR") == nullptr && std::filesystem::is_directory("/dev/shm");
    return in_memory ? "/dev/shm" : std::filesystem::temp_directory_path();
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string name = (Parent() / "coupon_test_XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::Write(std::string_view name, std::string_view text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    return file;
}

}  // namespace coupon::support
