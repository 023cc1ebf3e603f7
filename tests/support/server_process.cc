#include "tests/support/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "common/check.h"

namespace coupon::support {
namespace {

constexpr int kPortsTried = 5;

[[noreturn]] void Become(const std::vector<std::string>& words, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    std::vector<char*> texts;
    for (const std::string& word : words) texts.push_back(const_cast<char*>(word.c_str()));
    texts.push_back(nullptr);
    ::execvp(texts[0], texts.data());
    ::_exit(127);
}

}  // namespace

bool ServerProcess::Start(const std::vector<std::string>& words, std::string_view ready) {
    Kill();
    int ends[2];
    CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    // What nobody reads any more must not stop the writer: it loses lines.
    CHECK(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) Become(words, ends[1]);
    ::close(ends[1]);
    output_ = ends[0];
    return Read(ready);
}

/// False at the end of the output; "" is in none.
bool ServerProcess::Read(std::string_view until) {
    const auto deadline = std::chrono::steady_clock::now() + patience_;
    std::string read;
    while (until.empty() || read.find(until) == std::string::npos) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd wait{output_, POLLIN, 0};
        CHECK(left.count() > 0 && ::poll(&wait, 1, static_cast<int>(left.count())) > 0);
        char chunk[4096];
        const ssize_t bytes = ::read(output_, chunk, sizeof chunk);
        if (bytes <= 0) return false;
        read.append(chunk, static_cast<std::size_t>(bytes));
    }
    return true;
}

int ServerProcess::WaitForEnd() {
    (void)Read({});
    int status = 0;
    CHECK(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
    Kill();
    return status;
}

void ServerProcess::Kill() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    if (output_ >= 0) ::close(std::exchange(output_, -1));
}

void ServerProcess::Pause() {
    int status = 0;
    CHECK(::kill(pid_, SIGSTOP) == 0 && ::waitpid(pid_, &status, WUNTRACED) == pid_);
    CHECK(WIFSTOPPED(status));
}

void ServerProcess::Resume() { CHECK(::kill(pid_, SIGCONT) == 0); }

std::uint16_t StartOnFreePort(const std::function<bool(std::uint16_t port)>& start) {
    std::uint16_t port = FreePort();
    for (int tried = 1; !start(port); ++tried) {
        CHECK(tried < kPortsTried);
        port = FreePort();
    }
    return port;
}

}  // namespace coupon::support
