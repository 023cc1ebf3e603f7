#include "apps/ctl/token_file.h"

#include <fstream>
#include <iterator>

#include "common/secret.h"

namespace coupon::ctl {

Result<std::string> ReadTokenFile(const std::filesystem::path& path) {
    const Result<Secret> secret = ReadSecretFile(path, "--token-file");
    if (!secret) return std::unexpected(secret.error());
    // A Secret cannot be read back, and the header needs the text.
    std::ifstream file(path, std::ios::binary);
    std::string token{std::istreambuf_iterator<char>(file), {}};
    if (token.ends_with('\n')) token.pop_back();
    if (token.ends_with('\r')) token.pop_back();
    if (!secret->Matches(token)) {
        return std::unexpected(Error{.code = ErrorCode::kConfiguration,
                                     .operation = "read token file",
                                     .detail = path.string() + " changed while it was read",
                                     .field = "--token-file"});
    }
    return token;
}

}  // namespace coupon::ctl
