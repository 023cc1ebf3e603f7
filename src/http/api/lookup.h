#pragma once

#include <utility>

#include "http/api/api_context.h"
#include "http/api/query_store.h"
#include "http/api/responder.h"

namespace coupon::http::api {

/// Answers what is read of coupons and claims: at once where the mode knows it without I/O, else
/// from the query pool. `query` is a generic lambda, because it is given whichever there is: a
/// `const MemoryLookup&`, of which it returns an optional Result<T>, or a `ClaimLookup&`, of which
/// it returns a Result<T>. `done(Result<T>)` runs on the loop's thread and answers `call`.
template <class Query, class Done>
Handling AnswerLookup(const ApiContext& context, Responder& responder, const Call& call,
                      Query query, Done done) {
    if (context.memory != nullptr) {
        if (auto known = query(*context.memory)) {
            done(*std::move(known));
            return Handling::kAnswered;
        }
    }
    return responder.AnswerFromStore(
        call, context.queries, QueryLength::kShort,
        [query = std::move(query)](QueryStore& store) { return query(store.Lookup()); },
        std::move(done));
}

}  // namespace coupon::http::api
