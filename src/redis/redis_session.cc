#include "redis/redis_session.h"

#include <boost/asio/post.hpp>
#include <cstddef>
#include <optional>
#include <utility>

#include "redis/redis_error.h"

namespace coupon::redis {

Result<std::unique_ptr<RedisSession>> RedisSession::Create(const RedisOptions& options) {
    std::unique_ptr<RedisSession> session(new RedisSession());
    auto client = RedisClient::Create(session->io_, options,
                                      [session = session.get()](const RedisState& state) {
                                          session->up_ = state.up;
                                          session->why_down_ = state.reason;
                                      });
    if (!client) return std::unexpected(std::move(client.error()));
    session->client_ = std::move(*client);
    session->client_->Start();
    return session;
}

Result<void> RedisSession::WaitUntilUp(std::chrono::milliseconds patience) {
    // What happened since the last call: an end of the connection, a timer.
    io_.restart();
    io_.poll();
    RunUntil(std::chrono::steady_clock::now() + patience, up_);
    const bool interrupted = interrupted_.load(std::memory_order_relaxed);
    if (up_ && !interrupted) return {};
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .operation = "connect to Redis",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = true,
                                 .detail = interrupted ? "broken off" : why_down_});
}

void RedisSession::Interrupt() {
    interrupted_.store(true, std::memory_order_relaxed);
    boost::asio::post(io_, [] {});  // wakes the thread that waits in RunUntil
}

void RedisSession::RunUntil(MonotonicTime deadline, const bool& done) {
    while (!done && !interrupted_.load(std::memory_order_relaxed) &&
           std::chrono::steady_clock::now() < deadline) {
        io_.restart();
        io_.run_one_until(deadline);
    }
}

std::vector<Result<RedisReply>> RedisSession::CallAll(std::vector<RedisCommand> commands,
                                                      std::chrono::milliseconds patience) {
    const MonotonicTime deadline = std::chrono::steady_clock::now() + patience;
    std::vector<std::optional<Result<RedisReply>>> answers(commands.size());
    std::size_t answered = 0;
    bool all_answered = commands.empty();
    if (auto up = WaitUntilUp(patience); !up) {
        for (auto& answer : answers) answer.emplace(std::unexpected(up.error()));
        all_answered = true;
    }
    for (std::size_t i = 0; i < commands.size() && !all_answered; ++i) {
        client_->Send(std::move(commands[i]), deadline, [&, i](Result<RedisReply> result) {
            answers[i].emplace(std::move(result));
            all_answered = ++answered == answers.size();
        });
    }
    // Every callback comes by the deadline; none may be left behind with references to this frame.
    RunUntil(MonotonicTime::max(), all_answered);
    if (!all_answered) client_->Close();  // interrupted
    std::vector<Result<RedisReply>> results;
    results.reserve(answers.size());
    for (auto& answer : answers) results.push_back(std::move(*answer));
    return results;
}

Result<RedisReply> RedisSession::Call(RedisCommand command, std::chrono::milliseconds patience) {
    std::vector<RedisCommand> commands;
    commands.push_back(std::move(command));
    return std::move(CallAll(std::move(commands), patience).front());
}

Result<RedisReply> RedisSession::Run(const RedisScript& script,
                                     std::span<const std::string_view> keys,
                                     std::span<const std::string_view> arguments,
                                     std::chrono::milliseconds patience) {
    auto reply = Call(script.ByHash(keys, arguments), patience);
    if (reply || !IsRedisError(reply.error(), "NOSCRIPT")) return reply;
    return Call(script.ByText(keys, arguments), patience);
}

}  // namespace coupon::redis
