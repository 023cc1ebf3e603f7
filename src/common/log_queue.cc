#include "common/log_queue.h"

#include <chrono>
#include <deque>
#include <utility>

#include "common/limits.h"
#include "common/mutex.h"

namespace coupon {

struct LogQueue::State {
    explicit State(std::function<void(const std::string&)> writer) : write(std::move(writer)) {}

    const std::function<void(const std::string&)> write;
    Mutex mutex;
    CondVar changed;
    std::deque<std::string> waiting GUARDED_BY(mutex);
    std::uint64_t dropped GUARDED_BY(mutex) = 0;
    bool writing GUARDED_BY(mutex) = false;
    bool closed GUARDED_BY(mutex) = false;
};

LogQueue::LogQueue(std::function<void(const std::string&)> write)
    : state_(std::make_shared<State>(std::move(write))),
      thread_([state = state_] { Work(*state); }) {}

LogQueue::~LogQueue() {
    const bool written = Flush();
    {
        const MutexLock lock(state_->mutex);
        state_->closed = true;
    }
    state_->changed.NotifyAll();
    written ? thread_.join() : thread_.detach();
}

void LogQueue::Push(std::string line) {
    {
        const MutexLock lock(state_->mutex);
        if (state_->waiting.size() >= limits::kLogLinesMax) {
            ++state_->dropped;
            return;
        }
        state_->waiting.push_back(std::move(line));
    }
    state_->changed.NotifyAll();
}

void LogQueue::PushUrgent(std::string line) {
    {
        const MutexLock lock(state_->mutex);
        if (state_->waiting.size() >= limits::kLogLinesMax) {
            state_->waiting.pop_front();
            ++state_->dropped;
        }
        state_->waiting.push_back(std::move(line));
    }
    state_->changed.NotifyAll();
}

bool LogQueue::Flush() {
    const auto deadline = std::chrono::steady_clock::now() + limits::kLogFlush;
    const MutexLock lock(state_->mutex);
    while (!state_->waiting.empty() || state_->writing) {
        if (!state_->changed.WaitUntil(state_->mutex, deadline)) {
            return state_->waiting.empty() && !state_->writing;
        }
    }
    return true;
}

std::uint64_t LogQueue::Dropped() const {
    const MutexLock lock(state_->mutex);
    return state_->dropped;
}

void LogQueue::Work(State& state) {
    while (true) {
        std::string line;
        {
            const MutexLock lock(state.mutex);
            while (state.waiting.empty()) {
                if (state.closed) return;
                state.changed.Wait(state.mutex);
            }
            line = std::move(state.waiting.front());
            state.waiting.pop_front();
            state.writing = true;
        }
        state.write(line);
        {
            const MutexLock lock(state.mutex);
            state.writing = false;
        }
        state.changed.NotifyAll();
    }
}

}  // namespace coupon
