#include "common/secret.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>  // explicit_bzero
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string>

#include "common/ascii.h"
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

/// A token and a line end of two bytes; ReadSecretFile has room for one byte more, which proves the
/// file too long.
constexpr std::size_t kSecretFileBytesMax = limits::kSecretBytesMax + 2;

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

Result<Secret> Secret::FromText(std::string_view text, std::string_view key) {
    if (text.size() < limits::kSecretBytesMin || text.size() > limits::kSecretBytesMax) {
        return ConfigurationError(
            std::string(key), fmt::format("the token has {} bytes; allowed: {} to {}", text.size(),
                                          limits::kSecretBytesMin, limits::kSecretBytesMax));
    }
    if (!std::ranges::all_of(text, [](char byte) { return byte > 0x20 && byte < 0x7F; })) {
        return ConfigurationError(std::string(key),
                                  "the token has a byte that is not visible ASCII (0x21 to 0x7E)");
    }
    Secret secret;
    std::ranges::copy(text, secret.bytes_.begin());
    secret.size_ = text.size();
    return secret;
}

Secret::~Secret() {
    ::explicit_bzero(bytes_.data(), bytes_.size());
    size_ = 0;
}

bool Secret::Matches(std::string_view candidate) const noexcept {
    std::array<char, limits::kSecretBytesMax> padded{};
    std::copy_n(candidate.begin(), std::min(candidate.size(), padded.size()), padded.begin());
    // Volatile, so that the loop is not turned into one that leaves at the first difference.
    volatile unsigned difference = candidate.size() == size_ ? 0 : 1;
    for (std::size_t i = 0; i < padded.size(); ++i) {
        difference = difference | static_cast<unsigned char>(padded[i] ^ bytes_[i]);
    }
    return difference == 0;
}

Result<Secret> ReadSecretFile(const std::filesystem::path& path, std::string_view key) {
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
    std::array<char, kSecretFileBytesMax + 1> buffer{};
    const Result<std::size_t> size = ReadWhole(file.Descriptor(), buffer, subject, key);
    if (!size) return std::unexpected(size.error());
    std::string_view text(buffer.data(), *size);
    if (text.ends_with('\n')) text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    Result<Secret> secret = Secret::FromText(text, key);
    ::explicit_bzero(buffer.data(), buffer.size());
    if (!secret) secret.error().detail += fmt::format(" ({})", subject);
    return secret;
}

std::string_view BearerToken(std::string_view authorization) {
    constexpr std::string_view kScheme = "bearer ";
    if (authorization.size() <= kScheme.size()) return {};
    if (!EqualsIgnoringCase(authorization.substr(0, kScheme.size()), kScheme)) return {};
    authorization.remove_prefix(kScheme.size());
    while (authorization.starts_with(' ')) authorization.remove_prefix(1);
    while (authorization.ends_with(' ')) authorization.remove_suffix(1);
    return authorization;
}

}  // namespace coupon
