#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/mysql_options.h"
#include "tests/support/temporary_folder.h"

namespace coupon::support {

/// A mariadbd on a free port of 127.0.0.1, in a folder of its own, with the durability it is
/// delivered with. It is killed with the object, and with the test program. Every call waits at
/// most thirty seconds and ends the program when that was not enough (CHECK).
class MariadbServer {
public:
    /// Further arguments of mariadbd: {"--read-only"}. Started and ready on return.
    explicit MariadbServer(std::vector<std::string> arguments = {});
    ~MariadbServer();
    MariadbServer(const MariadbServer&) = delete;
    MariadbServer& operator=(const MariadbServer&) = delete;

    /// The one that the tests of a program share: a start takes seconds. Started by the first that
    /// asks, and again, without arguments, for one that asks after it was killed. A test that
    /// changes its global variables sets them back.
    static MariadbServer& Shared();

    std::uint16_t Port() const { return port_; }
    const std::filesystem::path& Folder() const { return folder_.Path(); }
    /// Root without a password.
    ledger::MysqlOptions Options(std::string database) const;
    /// An empty database that nobody used before.
    ledger::MysqlOptions NewDatabase();

    /// At once, like a crash; gone on return.
    void Kill();
    /// After Kill: on the same port and folder.
    void Start();
    bool Running() const { return pid_ > 0; }
    /// For the next start.
    void SetArguments(std::vector<std::string> arguments) { arguments_ = std::move(arguments); }
    /// The process stands still, its sockets stay open; and goes on.
    void Pause();
    void Resume();
    /// Runs a statement on a connection of its own, in `database` if one is named. A row is a line,
    /// its values separated by "|"; an error is "-NUMBER message".
    std::string Sql(std::string_view statement, const std::string& database = "") const;

private:
    bool StartOnce();

    TemporaryFolder folder_;
    std::vector<std::string> arguments_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
    int log_ = -1;  ///< its standard error
    int databases_ = 0;
};

}  // namespace coupon::support
