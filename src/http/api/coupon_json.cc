#include "http/api/coupon_json.h"

#include <fmt/format.h>

#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <iterator>

#include "http/api/json_text.h"

namespace coupon::http::api {
namespace {

auto Back(std::string& out) { return std::back_inserter(out); }

void AppendNumberOrNull(std::string& out, std::optional<std::int64_t> number) {
    if (number) {
        fmt::format_to(Back(out), "{}", *number);
    } else {
        out += "null";
    }
}

void AppendNext(std::string& out, std::optional<CouponId> next) {
    out += "],\"next\":";
    AppendNumberOrNull(out, next ? std::optional(next->value) : std::nullopt);
    out += '}';
}

/// On the path of every claim: a format string would be parsed anew each time.
void AppendNumber(std::string& out, std::int64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void AppendProblemStart(std::string& out, const ProblemType& type, std::string_view detail) {
    fmt::format_to(Back(out), R"({{"type":"urn:coupon:problem:{}","title":)", type.code);
    AppendJsonString(out, type.title);
    fmt::format_to(Back(out), R"(,"status":{},"detail":)", type.status);
    AppendJsonString(out, detail);
    fmt::format_to(Back(out), R"(,"code":"{}")", type.code);
}

void AppendCheck(std::string& out, const ledger::AuditCheck& check) {
    out += R"({"promise":)";
    AppendJsonString(out, check.promise);
    out += R"(,"what":)";
    AppendJsonString(out, check.what);
    fmt::format_to(Back(out), R"(,"rowsChecked":{},"violations":{},"examples":[)",
                   check.rows_checked, check.violations);
    for (std::size_t i = 0; i < check.examples.size(); ++i) {
        if (i != 0) out += ',';
        AppendJsonString(out, check.examples[i]);
    }
    out += "]}";
}

}  // namespace

std::string_view ToString(ClaimStatus status) {
    switch (status) {
        case ClaimStatus::kAccepted: return "accepted";
        case ClaimStatus::kIssued: return "issued";
        case ClaimStatus::kRedeemed: return "redeemed";
    }
    return "issued";
}

ClaimView ViewOf(const admission::ClaimRecord& record) {
    const admission::Holding& holding = record.holding;
    const bool accepted = record.stage == admission::ClaimStage::kAccepted;
    return {.coupon_id = holding.coupon_id,
            .user_id = holding.user_id,
            .sequence = holding.sequence,
            .status = accepted           ? ClaimStatus::kAccepted
                      : holding.redeemed ? ClaimStatus::kRedeemed
                                         : ClaimStatus::kIssued,
            .issued_at = holding.issued_at,
            .redemption = record.redemption};
}

void AppendClaim(std::string& out, const ClaimView& claim) {
    out += R"({"couponId":)";
    AppendNumber(out, claim.coupon_id.value);
    out += R"(,"userId":)";
    AppendNumber(out, claim.user_id.value);
    out += R"(,"sequence":)";
    AppendNumber(out, claim.sequence.value);
    out += R"(,"status":")";
    out += ToString(claim.status);
    out += R"(","issuedAt":)";
    AppendJsonTime(out, claim.issued_at);
    if (claim.redemption) {
        out += R"(,"redeemedAt":)";
        AppendJsonTime(out, claim.redemption->redeemed_at);
        fmt::format_to(Back(out), R"(,"orderAmount":{})",
                       claim.redemption->order_amount.minor_units);
    }
    out += '}';
}

void AppendCoupon(std::string& out, const admission::CouponView& view, AdmissionPath path) {
    const Coupon& coupon = view.coupon;
    fmt::format_to(Back(out), R"({{"id":{},"name":)", coupon.id.value);
    AppendJsonString(out, coupon.name);
    out += R"(,"type":"FIRST_COME_FIRST_SERVED","totalQuantity":)";
    AppendNumberOrNull(out, coupon.total_quantity);
    fmt::format_to(Back(out), R"(,"issuedQuantity":{},"remaining":)", view.issued);
    AppendNumberOrNull(out, view.remaining);
    fmt::format_to(Back(out), R"(,"discountPrice":{},"minimumPrice":{},"issueStartDate":)",
                   coupon.discount_price.minor_units, coupon.minimum_price.minor_units);
    AppendJsonTime(out, coupon.issue_start);
    out += R"(,"issueEndDate":)";
    AppendJsonTime(out, coupon.issue_end);
    out += R"(,"expiresAt":)";
    if (coupon.expires_at) {
        AppendJsonTime(out, *coupon.expires_at);
    } else {
        out += "null";
    }
    fmt::format_to(Back(out), R"(,"state":"{}","admission":"{}","shadow":{},"createdAt":)",
                   coupon::ToString(coupon.state), ToString(path), coupon.shadow);
    AppendJsonTime(out, coupon.created_at);
    out += R"(,"updatedAt":)";
    AppendJsonTime(out, coupon.updated_at);
    out += '}';
}

void AppendCouponPage(std::string& out, std::span<const admission::CouponView> coupons,
                      AdmissionPath path, std::optional<CouponId> next) {
    out += R"({"coupons":[)";
    for (std::size_t i = 0; i < coupons.size(); ++i) {
        if (i != 0) out += ',';
        AppendCoupon(out, coupons[i], path);
    }
    AppendNext(out, next);
}

void AppendHoldings(std::string& out, UserId user, std::span<const admission::ClaimRecord> claims,
                    std::optional<CouponId> next) {
    fmt::format_to(Back(out), R"({{"userId":{},"coupons":[)", user.value);
    for (std::size_t i = 0; i < claims.size(); ++i) {
        if (i != 0) out += ',';
        AppendClaim(out, ViewOf(claims[i]));
    }
    AppendNext(out, next);
}

void AppendProblem(std::string& out, Problem problem, const ProblemDetails& details) {
    const ProblemType& type = TypeOf(problem);
    AppendProblemStart(out, type, details.detail.empty() ? type.detail : details.detail);
    if (!details.field.empty()) {
        out += R"(,"field":)";
        AppendJsonString(out, details.field);
    }
    if (details.opens_at) {
        out += R"(,"opensAt":)";
        AppendJsonTime(out, *details.opens_at);
    }
    out += '}';
    if (details.claim != nullptr) AppendClaimToProblem(out, *details.claim);
}

void AppendClaimToProblem(std::string& problem, const ClaimView& claim) {
    problem.pop_back();
    problem += R"(,"claim":)";
    AppendClaim(problem, claim);
    problem += '}';
}

void AppendRefusal(std::string& out, int status, std::string_view code, std::string_view detail) {
    const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
    const auto title = boost::beast::http::obsolete_reason(known);
    AppendProblemStart(out, {status, code, {title.data(), title.size()}, {}}, detail);
    out += '}';
}

void AppendSeedError(std::string& out, std::string_view text) {
    out += R"({"error":)";
    AppendJsonString(out, text);
    out += '}';
}

void AppendAudit(std::string& out, const ledger::AuditReport& report) {
    fmt::format_to(Back(out),
                   R"({{"passed":{},"coupons":{},"issuances":{},"redemptions":{},"checks":[)",
                   report.Passed(), report.coupons, report.issuances, report.redemptions);
    for (std::size_t i = 0; i < report.checks.size(); ++i) {
        if (i != 0) out += ',';
        AppendCheck(out, report.checks[i]);
    }
    out += "]}";
}

void AppendBackup(std::string& out, const ledger::BackupResult& backup) {
    out += R"({"file":)";
    AppendJsonString(out, backup.file.string());
    fmt::format_to(Back(out), R"(,"bytes":{},"coupons":{},"issuances":{}}})", backup.bytes,
                   backup.coupons, backup.issuances);
}

}  // namespace coupon::http::api
