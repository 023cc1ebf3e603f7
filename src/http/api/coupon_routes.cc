#include "http/api/coupon_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/time_format.h"
#include "http/api/lookup.h"
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
    auto create = ParseCreateCoupon(parser_, request.body, context_.info.path);
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
    AppendCoupon(body, *view, context_.info.path);
    const std::string headers =
        status == 201 ? fmt::format("Location: /v1/coupons/{}\r\n", id) : std::string(kNoStore);
    responder_.SendJson(call, status, body, headers);
}

Handling CouponRoutes::List(const Call& call, const Request& request) {
    const auto page = ParsePageQuery(request.query);
    if (!page) return responder_.SendError(call, page.error());
    return AnswerLookup(
        context_, responder_, call,
        // One more than asked for tells whether there is a next page.
        [page = *page](auto& lookup) {
            return lookup.ListCoupons(CouponId{page.after}, page.limit + 1);
        },
        [this, call, limit = page->limit](Result<std::vector<admission::CouponView>> coupons) {
            if (!coupons) {
                responder_.SendError(call, coupons.error());
                return;
            }
            const bool more = coupons->size() > limit;
            if (more) coupons->resize(limit);
            std::string& body = responder_.Buffer();
            AppendCouponPage(body, *coupons, context_.info.path,
                             more ? std::optional(coupons->back().coupon.id) : std::nullopt);
            responder_.SendJson(call, 200, body);
        });
}

Handling CouponRoutes::Read(const Call& call, const RouteMatch& match) {
    return AnswerLookup(
        context_, responder_, call,
        [id = CouponId{match.coupon_id}](auto& lookup) { return lookup.FindCoupon(id); },
        [this, call](const Result<std::optional<admission::CouponView>>& view) {
            if (!view) {
                responder_.SendError(call, view.error());
                return;
            }
            if (!*view) {
                responder_.SendProblem(call, Problem::kUnknownCoupon, {}, kNoStore);
                return;
            }
            std::string& body = responder_.Buffer();
            AppendCoupon(body, **view, context_.info.path);
            responder_.SendJson(call, 200, body);
        });
}

Handling CouponRoutes::ClaimStatus(const Call& call, const RouteMatch& match) {
    return AnswerLookup(
        context_, responder_, call,
        [coupon = CouponId{match.coupon_id}, user = UserId{match.user_id}](auto& lookup) {
            return lookup.FindClaim(coupon, user);
        },
        [this, call](const Result<std::optional<admission::ClaimRecord>>& record) {
            if (!record) {
                AnswerNoRecord(call, record.error());
                return;
            }
            if (!*record) {
                responder_.SendProblem(call, Problem::kNotClaimed, {}, kNoStore);
                return;
            }
            std::string& body = responder_.Buffer();
            AppendClaim(body, ViewOf(**record));
            responder_.SendJson(call, 200, body);
        });
}

void CouponRoutes::AnswerNoRecord(const Call& call, const Error& error) {
    if (error.code == ErrorCode::kNotFound) {
        responder_.SendProblem(call, Problem::kUnknownCoupon, {}, kNoStore);
        return;
    }
    responder_.SendError(call, error);
}

Handling CouponRoutes::UserCoupons(const Call& call, const Request& request,
                                   const RouteMatch& match) {
    const auto page = ParsePageQuery(request.query);
    if (!page) return responder_.SendError(call, page.error());
    // A look-up in every coupon: with many of them too long for the loop.
    const UserId user{match.user_id};
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kShort,
        [user](QueryStore& store) { return store.Lookup().HoldingsOf(user); },
        [this, call, user, page = *page](const Result<std::vector<admission::ClaimRecord>>& held) {
            if (!held) {
                responder_.SendError(call, held.error());
                return;
            }
            AnswerHoldings(call, user, *held, page);
        });
}

void CouponRoutes::AnswerHoldings(const Call& call, UserId user,
                                  std::span<const admission::ClaimRecord> claims,
                                  const PageQuery& page) {
    const auto id_of = [](const admission::ClaimRecord& record) {
        return record.holding.coupon_id;
    };
    const auto first = std::ranges::upper_bound(claims, CouponId{page.after}, {}, id_of);
    const auto left = static_cast<std::size_t>(claims.end() - first);
    const std::span<const admission::ClaimRecord> shown(first, std::min(left, page.limit));
    const bool more = left > page.limit;
    std::string& body = responder_.Buffer();
    AppendHoldings(body, user, shown, more ? std::optional(id_of(shown.back())) : std::nullopt);
    responder_.SendJson(call, 200, body);
}

}  // namespace coupon::http::api
