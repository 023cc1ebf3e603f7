#include "common/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "common/config_values.h"

namespace coupon {
namespace {

/// Closes a descriptor at the end of its scope.
class OpenFile {
public:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
    ~OpenFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    int Descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

Result<std::size_t> ReadWhole(int descriptor, std::span<char> buffer, std::string_view subject,
                              std::string_view key) {
    std::size_t size = 0;
    while (size < buffer.size()) {
        const ssize_t got = ::read(descriptor, buffer.data() + size, buffer.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return ConfigurationError(
                std::string(key), fmt::format("{} cannot be read: {}", subject, ErrnoText(errno)));
        }
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    return size;
}

}  // namespace

Result<std::size_t> ReadSecretText(const std::filesystem::path& path, std::string_view key,
                                   std::span<char> buffer) {
    const std::string subject = fmt::format("file \"{}\"", path.string());
    // Non-blocking, so that a pipe in place of the file cannot hold the start.
    const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status = {};
    if (file.Descriptor() < 0 || ::fstat(file.Descriptor(), &status) != 0) {
        return ConfigurationError(
            std::string(key), fmt::format("{} cannot be opened: {}", subject, ErrnoText(errno)));
    }
    if (!S_ISREG(status.st_mode)) {
        return ConfigurationError(std::string(key),
                                  fmt::format("{} is not a regular file", subject));
    }
    if ((status.st_mode & 0007) != 0) {
        return ConfigurationError(
            std::string(key),
            fmt::format("{} is open to every user (mode {:04o}); "
                        "allowed: no access for others, such as mode 0600 or 0640",
                        subject, static_cast<unsigned>(status.st_mode & 07777)));
    }
    const Result<std::size_t> size = ReadWhole(file.Descriptor(), buffer, subject, key);
    if (!size) return std::unexpected(size.error());
    const std::string_view text(buffer.data(), *size);
    if (!text.ends_with('\n')) return *size;
    return *size - (text.ends_with("\r\n") ? 2 : 1);
}

}  // namespace coupon
