#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/limits_distributed.h"

namespace coupon::ledger {

/// What TLS is asked for. There is no mode that goes on without it where the server has none.
enum class MysqlTls : std::uint8_t {
    kDisabled,
    kRequired,  ///< encrypted; who the server is, is not looked at
    kVerifyIdentity,  ///< its certificate names the host, and is signed by a trusted authority
};

/// Where the database is, as whom to speak to it, and how many connections to keep. A value.
struct MysqlOptions {
    std::string host = "127.0.0.1";  ///< a name or an address; of IPv6 without brackets
    std::uint16_t port = 3306;
    std::string database = "coupon";
    MysqlTls tls = MysqlTls::kDisabled;
    /// Of kVerifyIdentity: PEM file of the authorities to trust; empty: the system's.
    std::filesystem::path ca_file = {};
    std::string user = "root";
    std::string password = {};  ///< empty: none. The driver needs its text: never log it

    std::size_t maximum_pool_size = limits::kMysqlPoolSizeDefault;
    /// A connection older than this is closed instead of lent; jitter makes it up to 2.5 % less.
    std::chrono::milliseconds max_lifetime = limits::kMysqlLifetimeDefault;
    /// How long MysqlPool::Take may take, opening a connection included.
    std::chrono::milliseconds connection_timeout = limits::kMysqlConnectionTimeoutDefault;
    /// How long a statement waits for the lock of a row or a table; whole seconds.
    std::chrono::seconds lock_wait = limits::kMysqlLockWait;
    /// How long the server may stay silent while it works on a statement; whole seconds. Differs
    /// from the limit in tests only.
    std::chrono::seconds silence = limits::kMysqlSilence;
    /// A connection that was idle for longer is asked whether it lives. As above.
    std::chrono::milliseconds idle_unchecked = limits::kMysqlIdleUnchecked;
};

/// mysql://host[:port]/database[?sslMode=MODE], as the configuration key datasource.url has it;
/// port 3306 when there is none, an IPv6 address stands in brackets; MODE is one of Connector/J's
/// words: DISABLED, REQUIRED, VERIFY_IDENTITY. Everything else keeps its default. Errors:
/// kConfiguration, of the field datasource.url; user and password before an @ are refused
/// (they belong into datasource.username and a file), and no error repeats them. Pure; any thread.
Result<MysqlOptions> ParseMysqlUrl(std::string_view text);

/// "mysql://127.0.0.1:3306/coupon?sslMode=REQUIRED": for logs and errors, without user and
/// password; no mode where it is DISABLED.
std::string Describe(const MysqlOptions& options);

}  // namespace coupon::ledger
