#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/error.h"
#include "http/api/coupon_json.h"
#include "http/api/query_pool.h"
#include "http/api/routes.h"
#include "http/event_loop.h"
#include "http/exchange.h"

namespace coupon::http::api {

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kProblemType = "application/problem+json";
/// Live numbers must not be kept by anything between us and the caller.
inline constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";
inline constexpr std::string_view kRetrySoon = "Retry-After: 1\r\n";

/// An exchange and the route it is counted under.
struct Call {
    ExchangeId id;
    RouteId route = RouteId::kUnmatched;
};
static_assert(std::is_trivially_copyable_v<Call>);

/// Answers exchanges of one loop. Confined to the loop's thread.
class Responder {
public:
    explicit Responder(EventLoop& loop) : loop_(loop) {}
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;

    /// Every function answers `call`, exactly once, and returns kAnswered.
    Handling Send(const Call& call, int status, std::string_view content_type,
                  std::string_view body, std::string_view extra_headers = kNoStore);
    Handling SendJson(const Call& call, int status, std::string_view body,
                      std::string_view extra_headers = kNoStore);
    Handling SendStream(const Call& call, std::string_view content_type,
                        std::string_view extra_headers, std::unique_ptr<BodyStream> stream);
    Handling SendProblem(const Call& call, Problem problem, const ProblemDetails& details = {},
                         std::string_view extra_headers = {});
    /// A failure as its problem; only what was written for the caller is said.
    Handling SendError(const Call& call, const Error& error);

    /// Runs `query(store)` on the pool, then `done(result)` on this loop's thread, which must
    /// answer `call`: kPending. When the pool is full the answer is "overloaded": kAnswered.
    template <class Query, class Done>
    Handling AnswerFromStore(const Call& call, QueryPool& pool, QueryLength length, Query query,
                             Done done) {
        if (QueryThenPost(pool, length, loop_, std::move(query), std::move(done))) {
            return Handling::kPending;
        }
        return SendProblem(call, Problem::kOverloaded);
    }

    EventLoop& Loop() { return loop_; }
    /// Empty and with room; for building a body that one of the above is given next.
    std::string& Buffer() {
        buffer_.clear();
        return buffer_;
    }

private:
    EventLoop& loop_;
    std::string buffer_;
    std::string problem_;
};

}  // namespace coupon::http::api
