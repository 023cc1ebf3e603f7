#include "http/api/api_metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "admission/memory_lookup.h"
#include "common/limits.h"
#include "common/metrics_registry.h"
#include "http/api/golden_file.h"
#include "http/api/http_metrics.h"
#include "http/api/listed_coupons.h"
#include "http/api/routes.h"

namespace coupon::http::api {
namespace {

/// No file stands behind it: only coupons are asked for.
class ListedLookup final : public admission::ClaimLookup {
public:
    explicit ListedLookup(std::vector<admission::CouponView> coupons)
        : coupons_(std::move(coupons)), memory_(coupons_) {}

    Result<std::optional<admission::CouponView>> FindCoupon(CouponId) override { return {}; }
    Result<std::vector<admission::CouponView>> ListCoupons(CouponId after,
                                                           std::size_t limit) override {
        return *memory_.ListCoupons(after, limit);
    }
    Result<std::optional<admission::ClaimRecord>> FindClaim(CouponId, UserId) override {
        return {};
    }
    Result<std::vector<admission::ClaimRecord>> HoldingsOf(UserId) override { return {}; }
    Result<std::vector<ledger::IssuanceRow>> Issuances(CouponId, Sequence, Sequence,
                                                       std::size_t) override {
        return {};
    }

    ListedCoupons& Coupons() { return coupons_; }

private:
    ListedCoupons coupons_;
    admission::MemoryLookup memory_;
};

std::vector<admission::CouponView> Coupons(std::int64_t count) {
    std::vector<admission::CouponView> coupons;
    for (std::int64_t id = 1; id <= count; ++id) {
        admission::CouponView view;
        view.coupon.id = CouponId{id};
        if (id != 2) view.remaining = 10 * id;
        coupons.push_back(view);
    }
    return coupons;
}

/// The series of a scrape without their values.
std::string NamesAndLabels(const MetricsRegistry& registry) {
    std::set<std::string> names;
    std::istringstream text(registry.Render());
    for (std::string line; std::getline(text, line);) {
        if (!line.starts_with('#')) names.insert(line.substr(0, line.rfind(' ')));
    }
    std::string all;
    for (const std::string& name : names) all += name + "\n";
    return all;
}

TEST(ApiMetrics, NamesAndLabelsAreGolden) {
    ListedLookup coupons(Coupons(3));
    ApiMetrics metrics("0.1.0", admission::AckLevel::kDurable);
    metrics.ReadStock(coupons);
    metrics.AddLoop().Count(admission::Outcome::kAdmitted, std::chrono::milliseconds(3));
    std::vector<RequestStatsRow> rows;
    rows.push_back({static_cast<std::uint16_t>(RouteId::kClaim), 201, 1, 1000, {1}});
    rows.push_back({static_cast<std::uint16_t>(RouteId::kUnmatched), 404, 1, 1000, {1}});
    MetricsRegistry registry("coupon-api");
    registry.Register(metrics);
    registry.Register([rows] { return HttpFamilies(rows, TransportTotals{}); });
    ExpectGolden("api_metrics.txt", NamesAndLabels(registry));
}

TEST(ApiMetrics, SumsTheClaimsOfAllLoops) {
    ApiMetrics metrics("0.1.0", admission::AckLevel::kDurable);
    ClaimMetrics& first = metrics.AddLoop();
    ClaimMetrics& second = metrics.AddLoop();
    first.Count(admission::Outcome::kSoldOut, std::chrono::microseconds(40));
    second.Count(admission::Outcome::kSoldOut, std::chrono::seconds(20));
    MetricsRegistry registry("test");
    registry.Register(metrics);
    const std::string text = registry.Render();
    EXPECT_NE(text.find("outcome=\"sold_out\"} 2\n"), std::string::npos) << text;
    EXPECT_NE(text.find("coupon_claim_seconds_count{application=\"test\"} 2\n"), std::string::npos)
        << text;
    EXPECT_EQ(text.find("redeemed"), std::string::npos) << "a redemption is no claim";
}

TEST(ApiMetrics, StockIsShownForAThousandLimitedCoupons) {
    ListedLookup coupons(Coupons(1500));
    ApiMetrics metrics("0.1.0", admission::AckLevel::kDurable);
    metrics.ReadStock(coupons);
    for (const auto& family : metrics.Collect()) {
        if (family.name != "coupon_stock_remaining") continue;
        EXPECT_EQ(family.metric.size(), limits::kStockSeriesMax);
        EXPECT_EQ(family.metric[1].label[0].value, "3") << "2 is unlimited";
        return;
    }
    FAIL() << "no coupon_stock_remaining";
}

TEST(ApiMetrics, StockIsAbsentWhileItIsNotKnown) {
    ListedLookup coupons(Coupons(3));
    ApiMetrics metrics("0.1.0", admission::AckLevel::kDurable);
    MetricsRegistry registry("test");
    registry.Register(metrics);
    const auto shown = [&registry] {
        return registry.Render().find("coupon_stock_remaining{") != std::string::npos;
    };
    EXPECT_FALSE(shown()) << "nothing was read so far";
    metrics.ReadStock(coupons);
    EXPECT_TRUE(shown());
    coupons.Coupons().SetUnavailable("writer closed");
    metrics.ReadStock(coupons);
    EXPECT_FALSE(shown());
}

}  // namespace
}  // namespace coupon::http::api
