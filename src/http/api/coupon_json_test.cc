#include "http/api/coupon_json.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "common/limits.h"
#include "common/time_format.h"
#include "http/api/golden_file.h"
#include "http/api/issuance_export.h"
#include "http/api/json_text.h"
#include "http/api/store_routes.h"

namespace coupon::http::api {
namespace {

using admission::Outcome;

const WallTime kIssuedAt = ParseRfc3339("2026-11-23T10:00:00.004Z").value();

admission::CouponView ACoupon() {
    admission::CouponView view;
    view.coupon.id = CouponId{7};
    view.coupon.name = "Opening \"day\" \\ \xEA\xB0\x80";
    view.coupon.total_quantity = 100;
    view.coupon.discount_price = Money{1000};
    view.coupon.minimum_price = Money{5000};
    view.coupon.issue_start = ParseRfc3339("2026-11-23T10:00:00Z").value();
    view.coupon.issue_end = ParseRfc3339("2026-11-24T10:00:00Z").value();
    view.coupon.created_at = ParseRfc3339("2026-11-22T10:00:00.5Z").value();
    view.coupon.updated_at = view.coupon.created_at;
    view.issued = 40;
    view.remaining = 60;
    return view;
}

ClaimView AClaim() {
    return {.coupon_id = CouponId{7},
            .user_id = UserId{42},
            .sequence = Sequence{3},
            .status = ClaimStatus::kIssued,
            .issued_at = kIssuedAt};
}

ClaimView ARedeemedClaim() {
    ClaimView claim = AClaim();
    claim.status = ClaimStatus::kRedeemed;
    claim.redemption = Redemption{CouponId{7}, Sequence{3}, Money{12000}, kIssuedAt};
    return claim;
}

/// One body a line, each of them valid JSON.
class Lines {
public:
    template <class Append>
    void Add(Append append) {
        std::string body;
        append(body);
        EXPECT_NO_THROW(boost::json::parse(body)) << body;
        text_ += body + "\n";
    }
    const std::string& Text() const { return text_; }

private:
    std::string text_;
};

TEST(CouponJson, BodiesOfSuccessAreGolden) {
    Lines lines;
    lines.Add([](std::string& out) { AppendCoupon(out, ACoupon(), AdmissionPath::kLedger); });
    admission::CouponView unlimited = ACoupon();
    unlimited.coupon.total_quantity.reset();
    unlimited.remaining.reset();
    unlimited.coupon.expires_at = kIssuedAt;
    unlimited.coupon.state = CouponState::kPaused;
    unlimited.coupon.shadow = true;
    lines.Add([&](std::string& out) { AppendCoupon(out, unlimited, AdmissionPath::kRedis); });
    const std::vector<admission::CouponView> page = {ACoupon(), unlimited};
    lines.Add([&](std::string& out) {
        AppendCouponPage(out, page, AdmissionPath::kLedger, CouponId{7});
    });
    lines.Add(
        [&](std::string& out) { AppendCouponPage(out, {}, AdmissionPath::kLedger, std::nullopt); });
    lines.Add([](std::string& out) { AppendClaim(out, AClaim()); });
    lines.Add([](std::string& out) { AppendClaim(out, ARedeemedClaim()); });
    const std::vector<admission::ClaimRecord> holdings = {
        {.holding = {CouponId{7}, UserId{42}, Sequence{3}, kIssuedAt, false}, .redemption = {}},
        {.holding = {CouponId{8}, UserId{42}, Sequence{4}, kIssuedAt, false},
         .stage = admission::ClaimStage::kAccepted,
         .redemption = {}},
        {.holding = {CouponId{9}, UserId{42}, Sequence{1}, kIssuedAt, true}, .redemption = {}}};
    lines.Add([&](std::string& out) { AppendHoldings(out, UserId{42}, holdings, CouponId{9}); });
    lines.Add([&](std::string& out) { AppendHoldings(out, UserId{42}, {}, std::nullopt); });
    ledger::AuditReport report{.coupons = 1, .issuances = 2, .redemptions = 0, .checks = {}};
    report.checks.push_back({"P2", "issuances <= total quantity", 1, 1, {"coupon 7: 3 of 2"}});
    report.checks.push_back({"P4", "one row a user and coupon", 2, 0, {}});
    lines.Add([&](std::string& out) { AppendAudit(out, report); });
    lines.Add(
        [](std::string& out) { AppendBackup(out, {"data/backups/coupon-x.db", 8192, 1, 2}); });
    ExpectGolden("api_success.txt", lines.Text());
}

TEST(CouponJson, ProblemsAreGolden) {
    Lines lines;
    for (std::size_t i = 0; i < kProblemCount; ++i) {
        lines.Add([&](std::string& out) { AppendProblem(out, static_cast<Problem>(i)); });
    }
    const ClaimView claim = ARedeemedClaim();
    lines.Add(
        [&](std::string& out) { AppendProblem(out, Problem::kAlreadyClaimed, {.claim = &claim}); });
    lines.Add(
        [](std::string& out) { AppendProblem(out, Problem::kNotOpen, {.opens_at = kIssuedAt}); });
    lines.Add([](std::string& out) {
        AppendProblem(out, Problem::kInvalidRequest,
                      {.detail = "userId is missing", .field = "userId"});
    });
    lines.Add([](std::string& out) {
        AppendProblem(out, Problem::kInvalidRequest, {.detail = "x", .field = "\"\xFF\n\x7F"});
    });
    lines.Add([](std::string& out) { AppendRefusal(out, 431, "header_too_large", "8192 bytes"); });
    lines.Add([](std::string& out) { AppendSeedError(out, "sold \"out\""); });
    ExpectGolden("api_problems.txt", lines.Text());
}

TEST(CouponJson, EveryOutcomeHasItsAnswerOnBothKindsOfRoutes) {
    std::string table;
    for (std::size_t i = 0; i < admission::kOutcomeCount; ++i) {
        const auto outcome = static_cast<Outcome>(i);
        const bool success = outcome == Outcome::kAdmitted || outcome == Outcome::kRedeemed ||
                             outcome == Outcome::kRedemptionUndone;
        table += admission::ToString(outcome);
        table += " seed " + std::to_string(SeedStatusOf(outcome)) + " v1 ";
        if (success) {
            table += "success\n";
            continue;
        }
        const ProblemType& type = TypeOf(ProblemOf(outcome));
        table += std::to_string(type.status) + " " + std::string(type.code) + "\n";
    }
    ExpectGolden("api_outcomes.txt", table);
}

TEST(CouponJson, AFailureWhoseEffectIsNotKnownIsUnknownAndNeverARefusal) {
    Error error{.code = ErrorCode::kStorageFailed,
                .operation = "commit",
                .applied = Applied::kUnknown,
                .retry_is_safe = false,
                .detail = "I/O error"};
    EXPECT_EQ(ProblemOf(error), Problem::kUnknown);
    error.applied = Applied::kNo;
    EXPECT_EQ(ProblemOf(error), Problem::kUnavailable);
}

TEST(CouponJson, EscapesWhatJsonCannotHold) {
    std::string out;
    AppendJsonString(out, std::string_view("a\"\\\n\0\x1F\xC2\x85\xF0\x9F\x8E\x81\xC0z", 14));
    const auto value = boost::json::parse(out);
    EXPECT_EQ(value.as_string(),
              std::string_view("a\"\\\n\0\x1F\xC2\x85\xF0\x9F\x8E\x81\xEF\xBF\xBDz", 16));
}

TEST(IssuanceExport, RowsAreGolden) {
    std::vector<ledger::IssuanceRow> rows(2);
    rows[0].issuance = {CouponId{7}, Sequence{1}, UserId{limits::kIdMax}, kIssuedAt};
    rows[1].issuance = {CouponId{7}, Sequence{2}, UserId{42}, kIssuedAt};
    rows[1].redemption = Redemption{CouponId{7}, Sequence{2}, Money{12000}, kIssuedAt};
    std::string out(ExportHeading(ExportFormat::kCsv));
    AppendExportRows(out, ExportFormat::kCsv, rows);
    out += ExportHeading(ExportFormat::kNdjson);
    AppendExportRows(out, ExportFormat::kNdjson, rows);
    ExpectGolden("api_export.txt", out);
}

}  // namespace
}  // namespace coupon::http::api
