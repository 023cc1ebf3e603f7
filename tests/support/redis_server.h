#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/server_process.h"
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

    std::uint16_t Port() const { return port_; }
    const std::filesystem::path& Folder() const { return folder_.Path(); }

    /// At once, like a crash; gone on return.
    void Kill() { process_.Kill(); }
    /// After Kill: on the same port and folder. Waits for `ready` in its log.
    void Start(std::string_view ready = kReady);
    /// For the next start.
    void SetArguments(std::vector<std::string> arguments) { arguments_ = std::move(arguments); }
    /// The process stands still, its sockets stay open; and goes on.
    void Pause() { process_.Pause(); }
    void Resume() { process_.Resume(); }
    /// Runs a command on a connection of its own. A text or a number; an error begins with "-"; an
    /// array is its elements, a line each.
    std::string Command(std::initializer_list<std::string_view> arguments) const;

private:
    static constexpr std::string_view kReady = "Ready to accept connections";

    bool StartOn(std::uint16_t port, std::string_view ready);

    TemporaryFolder folder_;
    std::vector<std::string> arguments_;
    std::uint16_t port_ = 0;
    ServerProcess process_;
};

}  // namespace coupon::support
