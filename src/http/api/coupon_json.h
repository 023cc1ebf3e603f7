#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "admission/admission.h"
#include "admission/claim_lookup.h"
#include "common/coupon.h"
#include "http/api/admission_path.h"
#include "http/api/problem_codes.h"
#include "ledger/reports.h"

/// The bodies of the API. Every function appends to `out` and may be called from any thread.
namespace coupon::http::api {

/// How far a user's claim has come, as the API says it.
enum class ClaimStatus : std::uint8_t { kAccepted, kIssued, kRedeemed };
std::string_view ToString(ClaimStatus status);

/// A claim that was admitted.
struct ClaimView {
    CouponId coupon_id;
    UserId user_id;
    Sequence sequence;
    ClaimStatus status = ClaimStatus::kIssued;
    WallTime issued_at;
    std::optional<Redemption> redemption = std::nullopt;  ///< kRedeemed, as far as it is known
};
ClaimView ViewOf(const admission::ClaimRecord& record);

/// `{"couponId":7,"userId":42,"sequence":1,"status":"issued","issuedAt":"…"}`, with redeemedAt and
/// orderAmount once it is redeemed and they are known.
void AppendClaim(std::string& out, const ClaimView& claim);

/// A coupon with its live counts, every member that docs/openapi.yaml names.
void AppendCoupon(std::string& out, const admission::CouponView& view, AdmissionPath path);

/// `{"coupons":[…],"next":id|null}`; `next` goes into the following call's `after`.
void AppendCouponPage(std::string& out, std::span<const admission::CouponView> coupons,
                      AdmissionPath path, std::optional<CouponId> next);

/// `{"userId":n,"coupons":[claims],"next":id|null}`.
void AppendHoldings(std::string& out, UserId user, std::span<const admission::ClaimRecord> claims,
                    std::optional<CouponId> next);

/// What is said beside a problem's type.
struct ProblemDetails {
    std::string_view detail = {};  ///< empty = the type's own
    std::string_view field = {};  ///< the part of the request that is wrong
    const ClaimView* claim = nullptr;  ///< the claim that stands
    std::optional<WallTime> opens_at = {};
};
/// RFC 9457: type, title, status, detail, code, and what `details` has.
void AppendProblem(std::string& out, Problem problem, const ProblemDetails& details = {});
/// Adds the claim that stands to a problem that has none; `problem` ends in '}'.
void AppendClaimToProblem(std::string& problem, const ClaimView& claim);
/// The same as AppendProblem for a refusal of the transport, whose code stands in no table of ours.
void AppendRefusal(std::string& out, int status, std::string_view code, std::string_view detail);

/// `{"error":"…"}`: the seed's routes.
void AppendSeedError(std::string& out, std::string_view text);

void AppendAudit(std::string& out, const ledger::AuditReport& report);
void AppendBackup(std::string& out, const ledger::BackupResult& backup);

}  // namespace coupon::http::api
