#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/free_port.h"

namespace coupon::support {

/// One process at a time of a server from outside. It is killed with the object, and with the test
/// program. What takes longer than `patience` ends the program (CHECK). For one thread.
class ServerProcess {
public:
    explicit ServerProcess(std::chrono::seconds patience) : patience_(patience) {}
    ~ServerProcess() { Kill(); }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    /// Runs `words`, the program first, after a Kill(). Whether `ready` came in what it writes;
    /// false: it ended before.
    bool Start(const std::vector<std::string>& words, std::string_view ready);
    /// Its exit status, as of waitpid(2), once it has ended by itself.
    int WaitForEnd();
    /// At once, like a crash; gone on return.
    void Kill();
    /// The process stands still, its sockets stay open; and goes on.
    void Pause();
    void Resume();
    bool Running() const { return pid_ > 0; }

private:
    bool Read(std::string_view until);

    std::chrono::seconds patience_;
    pid_t pid_ = -1;
    int output_ = -1;  ///< its standard output and error
};

/// A port of 127.0.0.1 on which `start` succeeded; somebody else may take one that was free.
std::uint16_t StartOnFreePort(const std::function<bool(std::uint16_t port)>& start);

}  // namespace coupon::support
