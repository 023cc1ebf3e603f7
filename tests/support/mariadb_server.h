#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/mysql_options.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_folder.h"

namespace coupon::support {

/// A mariadbd on a free port of 127.0.0.1, in a folder of its own, with the durability it is
/// delivered with. It is killed with the object, and with the test program. Every call waits at
/// most thirty seconds and ends the program when that was not enough (CHECK).
class MariadbServer {
public:
    /// Further arguments of mariadbd: {"--read-only"}. Started and ready on return.
    explicit MariadbServer(std::vector<std::string> arguments = {});

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
    void Kill() { process_.Kill(); }
    /// After Kill: on the same port and folder.
    void Start();
    bool Running() const { return process_.Running(); }
    /// For the next start.
    void SetArguments(std::vector<std::string> arguments) { arguments_ = std::move(arguments); }
    /// The process stands still, its sockets stay open; and goes on.
    void Pause() { process_.Pause(); }
    void Resume() { process_.Resume(); }
    /// Runs a statement on a connection of its own, in `database` if one is named. A row is a line,
    /// its values separated by "|"; an error is "-NUMBER message".
    std::string Sql(std::string_view statement, const std::string& database = "") const;

private:
    bool StartOn(std::uint16_t port);

    TemporaryFolder folder_;
    std::vector<std::string> arguments_;
    std::uint16_t port_ = 0;
    ServerProcess process_;
    int databases_ = 0;
};

}  // namespace coupon::support
