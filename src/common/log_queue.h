#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace coupon {

/// Log lines on their way to a stream whose reader may stall. Whoever logs never waits for that:
/// lines gather up to limits::kLogLinesMax, further ones are dropped and counted. Any thread.
class LogQueue {
public:
    /// `write` is called on the queue's own thread, a line at a time. It may block and must not
    /// throw; what it refers to must live until the process ends if it may block for ever.
    explicit LogQueue(std::function<void(const std::string& line)> write);
    /// Flushes. A write that blocks even then is left behind with its thread.
    ~LogQueue();
    LogQueue(const LogQueue&) = delete;
    LogQueue& operator=(const LogQueue&) = delete;

    /// Drops the line when too many wait.
    void Push(std::string line);
    /// Drops the oldest instead.
    void PushUrgent(std::string line);
    /// Waits until everything pushed before is written, at most limits::kLogFlush; false if that
    /// was too short.
    bool Flush();
    std::uint64_t Dropped() const;

private:
    struct State;
    static void Work(State& state);

    const std::shared_ptr<State> state_;  ///< shared with the thread, which may be left behind
    std::thread thread_;
};

}  // namespace coupon
