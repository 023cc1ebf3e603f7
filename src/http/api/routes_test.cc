#include "http/api/routes.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "http/api/media_type.h"
#include "http/api/openapi_document.h"
#include "http/api/query_string.h"

namespace coupon::http::api {
namespace {

using Kind = RouteMatch::Kind;

TEST(Routes, FindsEveryLineOfTheTable) {
    for (const Route& route : Routes()) {
        std::string path(route.path);
        const auto fill = [&](const std::string& name, const std::string& number) {
            if (const auto at = path.find(name); at != std::string::npos) {
                path.replace(at, name.size(), number);
            }
        };
        fill("{id}", "7");
        fill("{userId}", "9223372036854775807");
        const RouteMatch match = FindRoute(route.method, path);
        EXPECT_EQ(match.kind, Kind::kFound) << route.path;
        EXPECT_EQ(match.id, route.id) << route.path;
        EXPECT_EQ(match.role, route.role) << route.path;
        if (route.path.find("{id}") != std::string_view::npos) {
            EXPECT_EQ(match.coupon_id, 7) << route.path;
        }
        if (route.path.find("{userId}") != std::string_view::npos) {
            EXPECT_EQ(match.user_id, limits::kIdMax) << route.path;
        }
    }
}

TEST(Routes, ServesHeadWhereverGetIs) {
    EXPECT_EQ(FindRoute(Method::kHead, "/v1/coupons/7").id, RouteId::kReadCoupon);
    EXPECT_EQ(FindRoute(Method::kHead, "/v1/backup").kind, Kind::kMethodNotAllowed);
}

TEST(Routes, SaysWhatIsAllowed) {
    const RouteMatch put = FindRoute(Method::kPut, "/v1/coupons/7");
    EXPECT_EQ(put.kind, Kind::kMethodNotAllowed);
    EXPECT_EQ(put.allow, "GET, HEAD, PATCH, OPTIONS");
    EXPECT_EQ(put.id, RouteId::kUnmatched);
    const RouteMatch options = FindRoute(Method::kOptions, "/v1/coupons/7/claims/42/redemption");
    EXPECT_EQ(options.kind, Kind::kOptions);
    EXPECT_EQ(options.allow, "POST, DELETE, OPTIONS");
    EXPECT_EQ(FindRoute(Method::kGet, "/v1/coupons/7/claims").allow, "POST, OPTIONS");
    EXPECT_EQ(FindRoute(Method::kOptions, "/nowhere").kind, Kind::kNotFound);
}

TEST(Routes, NamesTheNumberThatIsWrong) {
    for (const std::string bad :
         {"0", "-1", "+1", "01", "1.0", "x", "%31", "9223372036854775808", "1 "}) {
        const RouteMatch claim = FindRoute(Method::kPost, "/v1/coupons/" + bad + "/claims");
        EXPECT_EQ(claim.kind, Kind::kBadParameter) << bad;
        EXPECT_EQ(claim.bad_parameter, "id") << bad;
        EXPECT_EQ(claim.id, RouteId::kClaim) << bad;
        const RouteMatch status = FindRoute(Method::kGet, "/v1/coupons/7/claims/" + bad);
        EXPECT_EQ(status.bad_parameter, "userId") << bad;
    }
}

TEST(Routes, FindsNothingBesideTheTable) {
    for (const std::string path :
         {"", "*", "//", "/v1", "/v1/", "/v1/coupons/", "/v1/coupons/7/", "/v1/coupons/7/claims/",
          "/v1/coupons//claims/x/y", "/V1/coupons", "/coupons/issue/async/",
          "/coupons/issue/async/v3", "/metrics/x"}) {
        const RouteMatch match = FindRoute(Method::kGet, path);
        EXPECT_TRUE(match.kind == Kind::kNotFound || match.kind == Kind::kBadParameter) << path;
    }
}

TEST(Routes, LabelsAreTemplates) {
    EXPECT_EQ(LabelOf(RouteId::kUnmatched).uri, "NOT_FOUND");
    EXPECT_EQ(LabelOf(RouteId::kClaim).uri, "/v1/coupons/{id}/claims");
    EXPECT_EQ(LabelOf(RouteId::kClaim).method, "POST");
}

TEST(Routes, AreTheOnesTheDescriptionLists) {
    std::set<std::string> served;
    for (const Route& route : Routes()) {
        served.insert(std::string(ToString(route.method)) + " " + std::string(route.path));
    }
    std::set<std::string> described;
    const YAML::Node document = YAML::LoadFile(COUPON_OPENAPI_FILE);
    for (const auto& path : document["paths"]) {
        for (const auto& operation : path.second) {
            auto method = operation.first.as<std::string>();
            if (method == "parameters" || method == "summary") continue;
            std::ranges::transform(method, method.begin(), [](unsigned char c) {
                return static_cast<char>(std::toupper(c));
            });
            described.insert(method + " " + path.first.as<std::string>());
            EXPECT_TRUE(operation.second["operationId"].IsDefined()) << path.first;
            EXPECT_TRUE(operation.second["responses"].IsMap()) << path.first;
        }
    }
    EXPECT_EQ(served, described);
}

/// Every "$ref" below `node` names something that is there.
void ExpectReferences(const YAML::Node& document, const YAML::Node& node) {
    if (node.IsMap() || node.IsSequence()) {
        for (const auto& child : node) {
            if (!node.IsMap()) {
                ExpectReferences(document, child);
                continue;
            }
            if (child.first.as<std::string>() == "$ref") {
                std::string rest = child.second.as<std::string>().substr(2);
                YAML::Node found = YAML::Clone(document);
                while (!rest.empty()) {
                    const std::string part = rest.substr(0, rest.find('/'));
                    rest.erase(0, part.size() + 1);
                    found.reset(YAML::Node(found)[part]);
                }
                EXPECT_TRUE(found.IsDefined() && found.IsMap()) << child.second;
            }
            ExpectReferences(document, child.second);
        }
    }
}

TEST(OpenApi, TravelsInsideTheProgramAndRefersToNothingMissing) {
    const YAML::Node document = YAML::Load(std::string(OpenApiDocument()));
    EXPECT_EQ(document["openapi"].as<std::string>(), "3.1.0");
    ExpectReferences(document, document["paths"]);
    ExpectReferences(document, document["components"]);
}

TEST(MediaType, TakesJsonInUtf8Only) {
    EXPECT_EQ(ReadMediaType(""), MediaType::kMissing);
    for (const std::string good :
         {"application/json", "Application/JSON", "application/json; charset=UTF-8",
          "application/json;charset=\"utf-8\"", " application/json ; v=1 ; x",
          "application/json;"}) {
        EXPECT_EQ(ReadMediaType(good), MediaType::kJson) << good;
    }
    EXPECT_EQ(ReadMediaType("application/json; v=1; charset=latin1"), MediaType::kOtherCharset);
    for (const std::string bad :
         {"application/x-www-form-urlencoded", "text/plain", "application/jsonx",
          "application/json, text/plain", "json", ";"}) {
        EXPECT_EQ(ReadMediaType(bad), MediaType::kOther) << bad;
    }
}

TEST(QueryString, ReadsPagesWithinTheirLimits) {
    EXPECT_EQ(ParsePageQuery("")->limit, limits::kPageSizeDefault);
    const auto page = ParsePageQuery("limit=1000&x=1&after=9223372036854775807");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->limit, 1000U);
    EXPECT_EQ(page->after, limits::kIdMax);
    EXPECT_EQ(ParsePageQuery("after=0")->after, 0);
    for (const std::string bad :
         {"limit=0", "limit=1001", "limit=", "limit", "limit=-1", "limit=1&limit=1"}) {
        ASSERT_FALSE(ParsePageQuery(bad)) << bad;
        EXPECT_EQ(ParsePageQuery(bad).error().field, "limit");
    }
    EXPECT_EQ(ParsePageQuery("after=x").error().field, "after");
    EXPECT_EQ(ParseExportFormat("format=ndjson"), ExportFormat::kNdjson);
    EXPECT_EQ(ParseExportFormat(""), ExportFormat::kCsv);
    EXPECT_EQ(ParseExportFormat("format=xml").error().field, "format");
}

}  // namespace
}  // namespace coupon::http::api
