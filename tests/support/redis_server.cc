#include "tests/support/redis_server.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <utility>

#include "common/check.h"

namespace coupon::support {
namespace {

constexpr int kPatienceSeconds = 10;
constexpr int kPortsTried = 5;

[[noreturn]] void BecomeRedis(const std::vector<std::string>& arguments, int log) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(log, STDOUT_FILENO);
    std::vector<char*> texts;
    for (const std::string& argument : arguments) {
        texts.push_back(const_cast<char*>(argument.c_str()));
    }
    texts.push_back(nullptr);
    ::execvp(texts[0], texts.data());
    ::_exit(127);
}

/// Reads `log` until `text` was in it; false at its end.
bool WaitFor(int log, std::string_view text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
    std::string read;
    while (read.find(text) == std::string::npos) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd wait{log, POLLIN, 0};
        CHECK(left.count() > 0 && ::poll(&wait, 1, static_cast<int>(left.count())) > 0);
        char chunk[4096];
        const ssize_t bytes = ::read(log, chunk, sizeof chunk);
        if (bytes <= 0) return false;
        read.append(chunk, static_cast<std::size_t>(bytes));
    }
    return true;
}

std::string TextOf(const redisReply& reply) {
    switch (reply.type) {
        case REDIS_REPLY_INTEGER: return std::to_string(reply.integer);
        case REDIS_REPLY_NIL: return "(nil)";
        case REDIS_REPLY_ERROR: return "-" + std::string(reply.str, reply.len);
        case REDIS_REPLY_ARRAY: break;
        default: return {reply.str, reply.len};
    }
    std::string text;
    for (std::size_t i = 0; i < reply.elements; ++i) text += TextOf(*reply.element[i]) + "\n";
    return text;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    bool started = false;
    for (int i = 0; i < kPortsTried && !started; ++i) {  // somebody else may take the port first
        port_ = FreePort();
        started = StartOnce("Ready to accept connections");
    }
    CHECK(started);
}

RedisServer::~RedisServer() { Kill(); }

void RedisServer::Start(std::string_view ready) { CHECK(StartOnce(ready)); }

bool RedisServer::StartOnce(std::string_view ready) {
    Kill();
    std::vector<std::string> all = {"redis-server",
                                    "--port",
                                    std::to_string(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--dir",
                                    Folder(),
                                    "--daemonize",
                                    "no",
                                    "--save",
                                    "",
                                    "--enable-debug-command",
                                    "yes"};
    all.insert(all.end(), arguments_.begin(), arguments_.end());
    int ends[2];
    CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) BecomeRedis(all, ends[1]);
    ::close(ends[1]);
    log_ = ends[0];
    return WaitFor(log_, ready);
}

void RedisServer::Kill() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    if (log_ >= 0) ::close(std::exchange(log_, -1));
}

void RedisServer::Pause() {
    int status = 0;
    CHECK(::kill(pid_, SIGSTOP) == 0 && ::waitpid(pid_, &status, WUNTRACED) == pid_);
    CHECK(WIFSTOPPED(status));
}

void RedisServer::Resume() { CHECK(::kill(pid_, SIGCONT) == 0); }

std::string RedisServer::Command(std::initializer_list<std::string_view> arguments) const {
    const std::unique_ptr<redisContext, decltype(&redisFree)> connection(
        redisConnectWithTimeout("127.0.0.1", port_, timeval{kPatienceSeconds, 0}), &redisFree);
    CHECK(connection != nullptr && connection->err == 0);
    redisSetTimeout(connection.get(), timeval{kPatienceSeconds, 0});
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string_view argument : arguments) {
        texts.push_back(argument.data());
        sizes.push_back(argument.size());
    }
    void* raw = redisCommandArgv(connection.get(), static_cast<int>(texts.size()), texts.data(),
                                 sizes.data());
    CHECK(raw != nullptr);
    const std::unique_ptr<void, decltype(&freeReplyObject)> reply(raw, &freeReplyObject);
    return TextOf(*static_cast<redisReply*>(raw));
}

}  // namespace coupon::support
