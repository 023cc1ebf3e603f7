#pragma once

#include <cstdint>
#include <string_view>

#include "http/api/api_context.h"
#include "http/api/json_object.h"
#include "http/api/query_store.h"
#include "http/api/responder.h"
#include "http/api/routes.h"
#include "http/exchange.h"

namespace coupon::http::api {

/// What an operator mends in the distributed mode: a coupon's admission state, and claims that
/// could not be written. Confined to the loop's thread.
class RepairRoutes {
public:
    RepairRoutes(const ApiContext& context, Responder& responder)
        : context_(context), responder_(responder) {}

    Handling Rebuild(const Call& call, const Request& request, const RouteMatch& match);
    Handling ListDeadLetters(const Call& call, const Request& request);
    Handling ReadDeadLetter(const Call& call, const RouteMatch& match);
    Handling RetryDeadLetter(const Call& call, const Request& request, const RouteMatch& match);
    Handling DropDeadLetter(const Call& call, const RouteMatch& match);

private:
    /// One of OperatorStore's functions on a letter.
    using LetterFunction = Result<ledger::DeadLetter> (OperatorStore::*)(std::int64_t);
    /// `action` is what the log calls it, a literal; empty: only read.
    Handling OnLetter(const Call& call, LetterFunction function, std::int64_t id,
                      std::string_view action);
    void SendLetterError(const Call& call, const Error& error);
    void Log(std::string_view action, std::int64_t id, const Error* error);
    /// Whether nothing stands against acting on `request`; else the call is answered.
    bool MayGoOn(const Call& call, const Request& request);

    const ApiContext& context_;
    Responder& responder_;
    JsonObjectParser parser_;
};

}  // namespace coupon::http::api
