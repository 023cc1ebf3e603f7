#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "http/server.h"

namespace coupon::http {

/// Answers that are held back until the test lets them go.
class Held {
public:
    void Add(EventLoop& loop, ExchangeId id) {
        const std::lock_guard lock(mutex_);
        held_.push_back({&loop, id});
        changed_.notify_all();
    }
    bool WaitFor(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10),
                                 [&] { return held_.size() >= count; });
    }
    void AnswerAll() {
        const std::lock_guard lock(mutex_);
        for (const auto& held : held_) {
            held.first->Post([held] {
                Response response;
                response.body = "late";
                held.first->Respond(held.second, std::move(response));
            });
        }
        held_.clear();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::pair<EventLoop*, ExchangeId>> held_;
};

/// `pieces` times `piece`, then the end or a failure. Answers from another thread.
class CountedStream final : public BodyStream {
public:
    CountedStream(std::size_t pieces, std::size_t bytes, bool fails,
                  std::atomic<std::size_t>& asked)
        : pieces_(pieces), bytes_(bytes), fails_(fails), asked_(asked) {}
    void Next(Piece next) override {
        ++asked_;
        const bool over = given_++ == pieces_;
        std::thread([next = std::move(next), over, fails = fails_, bytes = bytes_] {
            next(!(over && fails), over ? std::string() : std::string(bytes, 'x'));
        }).join();
    }

private:
    std::size_t given_ = 0;
    const std::size_t pieces_;
    const std::size_t bytes_;
    const bool fails_;
    std::atomic<std::size_t>& asked_;
};

struct Shared {
    Held held;
    std::atomic<std::size_t> handled{0};
    std::atomic<std::size_t> asked{0};  ///< pieces
};

class TestHandler final : public Handler {
public:
    explicit TestHandler(Shared& shared) : shared_(shared) {}

    Handling OnRequest(EventLoop& loop, ExchangeId id, const Request& request) override {
        ++shared_.handled;
        if (request.path == "/hold") {
            shared_.held.Add(loop, id);
            return Handling::kPending;
        }
        Response response;
        std::string body = std::string(request.path) + "|" + std::string(request.body);
        if (request.path == "/later") {
            loop.Post([&loop, id] { loop.Respond(id, Response{}); });
            return Handling::kPending;
        }
        if (request.path == "/large") body.assign(8 * 1024 * 1024, 'y');
        if (request.path.starts_with("/stream")) {
            const bool fails = request.path == "/stream-fails";
            response.stream = std::make_unique<CountedStream>(
                request.path == "/stream-large" ? 1000 : 3,
                request.path == "/stream-large" ? 64 * 1024 : 5, fails, shared_.asked);
        }
        response.close = request.path == "/close";
        response.body = body;
        loop.Respond(id, std::move(response));
        return Handling::kAnswered;
    }
    std::string RefusalBody(int, std::string_view code, std::string_view) override {
        return std::string(code);
    }

private:
    Shared& shared_;
};

}  // namespace coupon::http
