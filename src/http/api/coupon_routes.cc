#include "http/api/coupon_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/time_format.h"
#include "http/api/media_type.h"
#include "http/api/operator_body.h"
#include "http/api/query_string.h"

namespace coupon::http::api {
namespace {

// A browser sends a body without a type to any site unasked; one that says application/json it must
// ask for first. So, where no token may be needed, the type is.
bool IsJson(const Request& request) {
    return ReadMediaType(request.content_type) == MediaType::kJson;
}

std::string DetailOf(const admission::UpdateCoupon& update) {
    std::string detail;
    if (update.name) detail += fmt::format("name -> {} ", *update.name);
    if (update.issue_end) {
        detail += fmt::format("issueEndDate -> {} ", FormatRfc3339(*update.issue_end));
    }
    if (update.state) detail += fmt::format("state -> {} ", ToString(*update.state));
    detail.pop_back();
    return detail;
}

std::string DetailOf(const Coupon& coupon) {
    return fmt::format(
        "name {}, total {}", coupon.name,
        coupon.total_quantity ? fmt::to_string(*coupon.total_quantity) : "unlimited");
}

}  // namespace

Handling CouponRoutes::Create(const Call& call, const Request& request) {
    if (!IsJson(request)) return RefuseNotJson(call);
    auto create = ParseCreateCoupon(parser_, request.body);
    if (!create) return responder_.SendError(call, create.error());
    ChangeNote note{"create", 0, DetailOf(create->coupon)};
    return Apply(call, *std::move(create), std::move(note), 201);
}

Handling CouponRoutes::Patch(const Call& call, const Request& request, const RouteMatch& match) {
    if (!IsJson(request)) return RefuseNotJson(call);
    auto update = ParseUpdateCoupon(parser_, request.body, CouponId{match.coupon_id});
    if (!update) return responder_.SendError(call, update.error());
    ChangeNote note{"update", match.coupon_id, DetailOf(*update)};
    return Apply(call, *std::move(update), std::move(note), 200);
}

Handling CouponRoutes::ChangeStock(const Call& call, const Request& request,
                                   const RouteMatch& match) {
    if (!IsJson(request)) return RefuseNotJson(call);
    const auto change = ParseChangeStock(parser_, request.body, CouponId{match.coupon_id});
    if (!change) return responder_.SendError(call, change.error());
    ChangeNote note{"stock", match.coupon_id, fmt::format("{:+}", change->delta)};
    return Apply(call, *change, std::move(note), 200);
}

Handling CouponRoutes::Apply(const Call& call, admission::OperatorChange change, ChangeNote note,
                             int status) {
    EventLoop& loop = responder_.Loop();
    context_.admission.Apply(std::move(change), [this, &loop, call, note = std::move(note),
                                                 status](Result<admission::CouponView> view) {
        loop.Post([this, call, note, status, view = std::move(view)] {
            AnswerChange(call, view, note, status);
        });
    });
    return Handling::kPending;
}

void CouponRoutes::AnswerChange(const Call& call, const Result<admission::CouponView>& view,
                                const ChangeNote& note, int status) {
    const std::string_view who = context_.authorizer.OperatorName();
    if (!view) {
        context_.log.Warning("coupon change refused", {{"by", who},
                                                       {"action", note.action},
                                                       {"coupon", note.coupon_id},
                                                       {"detail", note.detail},
                                                       {"why", Describe(view.error())}});
        responder_.SendError(call, view.error());
        return;
    }
    const std::int64_t id = view->coupon.id.value;
    context_.log.Info(
        "coupon changed",
        {{"by", who}, {"action", note.action}, {"coupon", id}, {"detail", note.detail}});
    std::string& body = responder_.Buffer();
    AppendCoupon(body, *view);
    const std::string headers =
        status == 201 ? fmt::format("Location: /v1/coupons/{}\r\n", id) : std::string(kNoStore);
    responder_.SendJson(call, status, body, headers);
}

Handling CouponRoutes::List(const Call& call, const Request& request) {
    const auto page = ParsePageQuery(request.query);
    if (!page) return responder_.SendError(call, page.error());
    const admission::AdmissionReader& reader = context_.admission.Reader();
    if (reader.Unavailable()) return responder_.SendProblem(call, Problem::kUnknown);
    // One more than asked for tells whether there is a next page.
    auto coupons = reader.ListCoupons(CouponId{page->after}, page->limit + 1);
    const bool more = coupons.size() > page->limit;
    if (more) coupons.resize(page->limit);
    std::string& body = responder_.Buffer();
    AppendCouponPage(body, coupons, more ? std::optional(coupons.back().coupon.id) : std::nullopt);
    return responder_.SendJson(call, 200, body);
}

Handling CouponRoutes::Read(const Call& call, const RouteMatch& match) {
    const admission::AdmissionReader& reader = context_.admission.Reader();
    const auto view = reader.FindCoupon(CouponId{match.coupon_id});
    if (!view) return responder_.SendProblem(call, Problem::kUnknownCoupon, {}, kNoStore);
    // After a failed commit the file may hold more issuances than are counted here.
    if (reader.Unavailable()) return responder_.SendProblem(call, Problem::kUnknown);
    std::string& body = responder_.Buffer();
    AppendCoupon(body, *view);
    return responder_.SendJson(call, 200, body);
}

Handling CouponRoutes::ClaimStatus(const Call& call, const RouteMatch& match) {
    const admission::AdmissionReader& reader = context_.admission.Reader();
    const CouponId coupon{match.coupon_id};
    if (const auto holding = reader.FindHolding(coupon, UserId{match.user_id})) {
        if (holding->redeemed) return AnswerRedeemed(call, *holding);
        std::string& body = responder_.Buffer();
        AppendClaim(body, ViewOf(*holding));
        return responder_.SendJson(call, 200, body);
    }
    if (!reader.FindCoupon(coupon)) {
        return responder_.SendProblem(call, Problem::kUnknownCoupon, {}, kNoStore);
    }
    // After a failed commit the file may hold claims that the memory does not: "no" would be a
    // guess.
    if (reader.Unavailable()) return responder_.SendProblem(call, Problem::kUnknown);
    return responder_.SendProblem(call, Problem::kNotClaimed, {}, kNoStore);
}

Handling CouponRoutes::AnswerRedeemed(const Call& call, const admission::Holding& holding) {
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kShort,
        [holding](ledger::SqliteReader& reader) {
            return reader.FindRedemption(holding.coupon_id, holding.sequence);
        },
        [this, call, holding](Result<std::optional<Redemption>> redemption) {
            if (!redemption) {
                responder_.SendError(call, redemption.error());
                return;
            }
            ClaimView claim = ViewOf(holding);
            claim.redemption = *redemption;
            // Given back since: the later word counts.
            if (!claim.redemption) claim.status = api::ClaimStatus::kIssued;
            std::string& body = responder_.Buffer();
            AppendClaim(body, claim);
            responder_.SendJson(call, 200, body);
        });
}

Handling CouponRoutes::UserCoupons(const Call& call, const Request& request,
                                   const RouteMatch& match) {
    const auto page = ParsePageQuery(request.query);
    if (!page) return responder_.SendError(call, page.error());
    const admission::AdmissionReader& reader = context_.admission.Reader();
    if (reader.Unavailable()) return responder_.SendProblem(call, Problem::kUnknown);
    // A look-up in every coupon: with many of them too long for the loop.
    const UserId user{match.user_id};
    const bool taken = QueryThenPost(
        context_.queries, QueryLength::kShort, responder_.Loop(),
        [&reader, user](ledger::SqliteReader&) { return reader.HoldingsOf(user); },
        [this, call, user, page = *page](const std::vector<admission::Holding>& holdings) {
            AnswerHoldings(call, user, holdings, page);
        });
    if (!taken) return responder_.SendProblem(call, Problem::kOverloaded);
    return Handling::kPending;
}

void CouponRoutes::AnswerHoldings(const Call& call, UserId user,
                                  std::span<const admission::Holding> holdings,
                                  const PageQuery& page) {
    const auto first = std::ranges::upper_bound(holdings, CouponId{page.after}, {},
                                                &admission::Holding::coupon_id);
    const auto left = static_cast<std::size_t>(holdings.end() - first);
    const std::span<const admission::Holding> shown(first, std::min(left, page.limit));
    const bool more = left > page.limit;
    std::string& body = responder_.Buffer();
    AppendHoldings(body, user, shown, more ? std::optional(shown.back().coupon_id) : std::nullopt);
    responder_.SendJson(call, 200, body);
}

}  // namespace coupon::http::api
