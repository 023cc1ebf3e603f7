#pragma once

#include <filesystem>
#include <string_view>

namespace coupon::support {

/// A folder of its own for one test; gone with the object. In memory where there is some
/// (/dev/shm), unless TMPDIR says otherwise: sweeps over failing steps fsync thousands of times and
/// pull no plug.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& Path() const { return path_; }
    /// Writes a file, and the folders it needs, readable by its owner only; its path.
    std::filesystem::path Write(std::string_view name, std::string_view text) const;

private:
    std::filesystem::path path_;
};

}  // namespace coupon::support
