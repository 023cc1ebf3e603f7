#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/free_port.h"
#include "tests/support/temporary_folder.h"

namespace coupon::support {

/// A redis-server of one test: on a free port of 127.0.0.1, in a folder of its own, without
/// persistence unless the arguments say otherwise. It is killed with the object, and with the test
/// program. Every call waits at most ten seconds and ends the program when that was not enough
/// (CHECK).
class RedisServer {
public:
    /// Further arguments of redis-server: {"--requirepass", "x"}. Started and ready on return.
    explicit RedisServer(std::vector<std::string> arguments = {});
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    std::uint16_t Port() const { return port_; }
    const std::filesystem::path& Folder() const { return folder_.Path(); }

    /// At once, like a crash; gone on return.
    void Kill();
    /// After Kill: on the same port and folder. Waits for `ready` in its log.
    void Start(std::string_view ready = "Ready to accept connections");
    /// For the next start.
    void SetArguments(std::vector<std::string> arguments) { arguments_ = std::move(arguments); }
    /// The process stands still, its sockets stay open; and goes on.
    void Pause();
    void Resume();
    /// Runs a command on a connection of its own. A text or a number; an error begins with "-"; an
    /// array is its elements, a line each.
    std::string Command(std::initializer_list<std::string_view> arguments) const;

private:
    bool StartOnce(std::string_view ready);

    TemporaryFolder folder_;
    std::vector<std::string> arguments_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
    int log_ = -1;  ///< its standard output
};

}  // namespace coupon::support
