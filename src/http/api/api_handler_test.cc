#include "http/api/api_handler.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <string>
#include <thread>

#include "http/api/api_fixture.h"

namespace coupon::http::api {
namespace {

class UnguardedApi : public ApiFixture {
protected:
    void SetUp() override { Start(false); }
};

class GuardedApi : public ApiFixture {
protected:
    void SetUp() override { Start(true); }
    static std::string Bearer(std::string_view token) {
        return fmt::format("Authorization: Bearer {}\r\n", token);
    }
};

TEST_F(UnguardedApi, AdmitsAClaimOnceAndSaysSoldOutToTheNextUser) {
    const std::int64_t coupon = Create(1);
    const Reply first = Claim(coupon, 42);
    EXPECT_EQ(first.status, 201) << first.text;
    EXPECT_EQ(first.json.at("sequence").as_int64(), 1);
    EXPECT_EQ(first.json.at("status").as_string(), "issued");
    const Reply again = Claim(coupon, 42);
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.Code(), "already_claimed");
    EXPECT_EQ(again.json.at("claim").as_object(), first.json);
    const Reply other = Claim(coupon, 43);
    EXPECT_EQ(other.status, 410);
    EXPECT_EQ(other.Code(), "sold_out");
    EXPECT_EQ(Claim(coupon + 1, 42).Code(), "unknown_coupon");
    const Reply read = Ask("GET", fmt::format("/v1/coupons/{}", coupon));
    EXPECT_EQ(read.json.at("issuedQuantity").as_int64(), 1);
    EXPECT_EQ(read.json.at("remaining").as_int64(), 0);
}

TEST_F(UnguardedApi, AnswersTheSeedsRoutesAsTheSeedDid) {
    const std::int64_t coupon = Create(4);
    std::int64_t user = 0;
    for (const std::string_view route : {"async", "async/v1", "async/v2", "mysql"}) {
        const Reply reply = SeedClaim(coupon, ++user, route);
        EXPECT_EQ(reply.status, 200) << route << reply.text;
        EXPECT_EQ(reply.text, "");
    }
    EXPECT_EQ(SeedClaim(coupon, 1).status, 409);
    EXPECT_EQ(SeedClaim(coupon, 9).status, 400);
    EXPECT_TRUE(SeedClaim(coupon, 9).json.at("error").is_string());
    EXPECT_EQ(SeedClaim(coupon + 1, 9).status, 404);
    const Reply bad = Ask("POST", "/coupons/issue/async", "{'userId':1}");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(bad.text, R"({"error":"couponId is missing"})");
}

TEST_F(UnguardedApi, SaysWhenACouponOpensAndThatItEndedOrIsPausedOrClosed) {
    const Reply early = Claim(Create(1, "", "2098-01-01T00:00:00Z"), 42);
    EXPECT_EQ(early.status, 403);
    EXPECT_EQ(early.Code(), "not_open");
    EXPECT_EQ(early.json.at("opensAt").as_string(), "2098-01-01T00:00:00Z");
    EXPECT_NE(early.header.find("Retry-After: "), std::string::npos);
    EXPECT_EQ(Claim(Create(1, "", "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"), 42).Code(),
              "ended");
    EXPECT_EQ(Claim(Create(1, ",'state':'paused'"), 42).Code(), "coupon_paused");
    EXPECT_EQ(Claim(Create(1, ",'state':'closed'"), 42).Code(), "closed");
}

TEST_F(UnguardedApi, NamesWhatIsWrongWithARequest) {
    const std::int64_t coupon = Create(1);
    EXPECT_EQ(Claim(coupon, 0).json.at("field").as_string(), "userId");
    EXPECT_EQ(Ask("POST", "/v1/coupons/0/claims", "{'userId':1}").json.at("field").as_string(),
              "id");
    EXPECT_EQ(Ask("GET", "/v1/coupons/1/claims/x").json.at("field").as_string(), "userId");
    const std::string claims = fmt::format("/v1/coupons/{}/claims", coupon);
    const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
    const Reply wrong_type = Ask("POST", claims, "{'userId':1}", form);
    EXPECT_EQ(wrong_type.status, 415);
    EXPECT_NE(wrong_type.text.find("content-type: application/json"), std::string::npos);
    EXPECT_EQ(Ask("POST", "/coupons/issue/async", "{}", form).status, 415);
    EXPECT_EQ(Ask("PUT", claims).status, 405);
    EXPECT_NE(Ask("PUT", claims).header.find("Allow: POST, OPTIONS\r\n"), std::string::npos);
    EXPECT_EQ(Ask("OPTIONS", claims).status, 204);
    EXPECT_EQ(Ask("GET", "/nowhere").Code(), "not_found");
    EXPECT_EQ(Ask("HEAD", "/v1/coupons").status, 200);
    EXPECT_EQ(Ask("POST", "/v1/coupons", "{}", "Content-Type: text/plain\r\n").status, 415);
}

TEST_F(UnguardedApi, RedeemsOnceGivesBackAndTellsTheStatus) {
    const std::int64_t coupon = Create(1);
    const std::string claim = fmt::format("/v1/coupons/{}/claims/42", coupon);
    const std::string redemption = claim + "/redemption";
    EXPECT_EQ(Ask("GET", claim).Code(), "not_claimed");
    EXPECT_EQ(Ask("POST", redemption, "{'orderAmount':9000}").Code(), "not_claimed");
    EXPECT_EQ(Claim(coupon, 42).status, 201);
    EXPECT_EQ(Ask("DELETE", redemption).Code(), "not_redeemed");
    EXPECT_EQ(Ask("POST", redemption, "{'orderAmount':4999}").Code(), "below_minimum_price");
    EXPECT_EQ(Ask("POST", redemption, "{'orderAmount':-1}").json.at("field").as_string(),
              "orderAmount");
    const Reply used = Ask("POST", redemption, "{'orderAmount':9000}");
    EXPECT_EQ(used.status, 200) << used.text;
    EXPECT_EQ(used.json.at("status").as_string(), "redeemed");
    EXPECT_EQ(used.json.at("orderAmount").as_int64(), 9000);
    const Reply again = Ask("POST", redemption, "{'orderAmount':7000}");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.json.at("claim").as_object(), used.json);
    EXPECT_EQ(Ask("GET", claim).json, used.json);
    EXPECT_EQ(Claim(coupon, 42).json.at("claim").at("status").as_string(), "redeemed");
    const Reply undone = Ask("DELETE", redemption);
    EXPECT_EQ(undone.status, 200) << undone.text;
    EXPECT_EQ(Ask("GET", claim).json.at("status").as_string(), "issued");
    EXPECT_EQ(Ask("GET", "/v1/coupons/999/claims/42").Code(), "unknown_coupon");
}

TEST_F(UnguardedApi, ListsCouponsAndHoldingsInPages) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Claim(Create(5), 42).status, 201);
    Create(5, ",'shadow':true");
    const Reply first = Ask("GET", "/v1/coupons?limit=2");
    EXPECT_EQ(first.json.at("coupons").as_array().size(), 2U);
    EXPECT_EQ(first.json.at("next").as_int64(), 2);
    const Reply rest = Ask("GET", "/v1/coupons?limit=2&after=2");
    EXPECT_EQ(rest.json.at("coupons").as_array().size(), 1U);
    EXPECT_TRUE(rest.json.at("next").is_null());
    EXPECT_EQ(Ask("GET", "/v1/coupons?limit=0").json.at("field").as_string(), "limit");
    const Reply held = Ask("GET", "/v1/users/42/coupons?limit=2&after=1");
    EXPECT_EQ(held.json.at("coupons").as_array().size(), 2U);
    EXPECT_TRUE(held.json.at("next").is_null());
    EXPECT_EQ(Ask("GET", "/v1/users/42/coupons?limit=2").json.at("next").as_int64(), 2);
    EXPECT_EQ(Ask("GET", "/v1/users/7/coupons").json.at("coupons").as_array().size(), 0U);
}

TEST_F(UnguardedApi, ChangesACouponAndLogsWhoDidIt) {
    const std::int64_t coupon = Create(2);
    const std::string path = fmt::format("/v1/coupons/{}", coupon);
    const Reply patched = Ask("PATCH", path, "{'state':'paused','name':'New'}");
    EXPECT_EQ(patched.status, 200) << patched.text;
    EXPECT_EQ(patched.json.at("state").as_string(), "paused");
    EXPECT_EQ(Ask("PATCH", path, "{'name':''}").json.at("field").as_string(), "name");
    EXPECT_EQ(Ask("PATCH", "/v1/coupons/999", "{'name':'x'}").Code(), "unknown_coupon");
    EXPECT_EQ(Ask("POST", path + "/stock", "{'delta':3}").json.at("totalQuantity").as_int64(), 5);
    const Reply cut = Ask("POST", path + "/stock", "{'delta':-6}");
    EXPECT_EQ(cut.status, 409);
    EXPECT_EQ(cut.Code(), "conflict");
    const Reply bad = Ask("POST", "/v1/coupons", "{'name':'x','extra':1}");
    EXPECT_EQ(bad.json.at("field").as_string(), "extra");
    EXPECT_TRUE(log_.Flush());
    const std::string log = log_text_.str();
    EXPECT_NE(log.find("by=local action=stock coupon=1 detail=+3"), std::string::npos) << log;
}

TEST_F(UnguardedApi, ExportsEverythingInOrder) {
    const std::int64_t coupon = Create(10);
    EXPECT_NE(AskStream(fmt::format("/v1/coupons/{}/issuances", coupon)).find("sequence,userId,"),
              std::string::npos);
    for (const int user : {30, 20, 10}) EXPECT_EQ(Claim(coupon, user).status, 201);
    const std::string csv = AskStream(fmt::format("/v1/coupons/{}/issuances?format=csv", coupon));
    const auto first = csv.find("\n1,30,");
    const auto last = csv.find("\n3,10,");
    EXPECT_NE(first, std::string::npos) << csv;
    EXPECT_LT(first, last);
    EXPECT_TRUE(csv.ends_with("0\r\n\r\n")) << csv;
    const std::string lines =
        AskStream(fmt::format("/v1/coupons/{}/issuances?format=ndjson", coupon));
    EXPECT_NE(lines.find(R"({"sequence":2,"userId":20,)"), std::string::npos) << lines;
    EXPECT_EQ(Ask("GET", "/v1/coupons/1/issuances?format=xml").json.at("field").as_string(),
              "format");
    EXPECT_EQ(Ask("GET", "/v1/coupons/999/issuances").status, 404);
}

TEST_F(UnguardedApi, MakesNoBackupForAPageThatDidNotAskBefore) {
    const Reply form = Ask("POST", "/v1/backup", "", "Origin: https://elsewhere.example\r\n");
    EXPECT_EQ(form.status, 415);
    EXPECT_EQ(Ask("POST", "/v1/backup", "", "Origin: null\r\n").status, 415);
    EXPECT_FALSE(std::filesystem::exists(folder_.Path() / "backups"));
    EXPECT_EQ(Ask("POST", "/v1/backup").status, 201) << "no page: curl -X POST";
}

TEST_F(UnguardedApi, AnswersTheLongQueriesThatAStopBreaksOff) {
    std::promise<void> began;
    std::promise<void> gate;
    ASSERT_TRUE(queries_->Submit(QueryLength::kLong, {.run = [&](QueryStore&) {
                                     began.set_value();
                                     gate.get_future().wait();
                                 }}));
    began.get_future().wait();
    auto waiting = std::async(std::launch::async, [&] { return Ask("GET", "/v1/audit"); });
    while (server_->Totals().exchanges_in_flight == 0) std::this_thread::yield();
    queries_->BreakOffLongQueries();
    const Reply answer = waiting.get();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.Code(), "unavailable");
    gate.set_value();
}

TEST_F(UnguardedApi, BacksUpAndAuditsTheLiveStore) {
    const std::int64_t coupon = Create(10);
    EXPECT_EQ(Claim(coupon, 42).status, 201);
    const Reply backup = Ask("POST", "/v1/backup");
    EXPECT_EQ(backup.status, 201) << backup.text;
    EXPECT_EQ(backup.json.at("issuances").as_int64(), 1);
    EXPECT_TRUE(std::filesystem::exists(std::string(backup.json.at("file").as_string())));
    EXPECT_EQ(Ask("POST", "/v1/backup", "{'target':'/x'}").json.at("field").as_string(), "target");
    const Reply audit = Ask("GET", "/v1/audit");
    EXPECT_EQ(audit.status, 200) << audit.text;
    EXPECT_TRUE(audit.json.at("passed").as_bool()) << audit.text;
}

TEST_F(UnguardedApi, SaysWhatOnlyTheDistributedModeHas) {
    for (const auto& [method, path] :
         {std::pair{"POST", "/v1/coupons/1/rebuild"}, std::pair{"GET", "/v1/dead-letters"},
          std::pair{"GET", "/v1/dead-letters/1"}, std::pair{"POST", "/v1/dead-letters/1/retry"},
          std::pair{"DELETE", "/v1/dead-letters/1"}}) {
        const Reply reply = Ask(method, path);
        EXPECT_EQ(reply.status, 409) << path << reply.text;
        EXPECT_EQ(reply.Code(), "not_supported") << path;
    }
}

TEST_F(UnguardedApi, SaysHowItIs) {
    EXPECT_EQ(Ask("GET", "/readyz").json.at("status").as_string(), "UP");
    EXPECT_EQ(Ask("GET", "/actuator/info").json.at("ackLevel").as_string(), "durable");
    EXPECT_EQ(Ask("GET", "/actuator/info").json.at("replyAfter").as_string(), "ledger");
    EXPECT_EQ(Ask("GET", "/").json.at("coupons").as_string(), "/v1/coupons");
    EXPECT_TRUE(Ask("GET", "/v1/time").json.at("epochMilliseconds").is_int64());
    EXPECT_TRUE(Ask("GET", "/openapi.yaml").text.starts_with("openapi: 3.1.0"));
    EXPECT_EQ(Claim(Create(1), 42).status, 201);
    const Reply metrics = Ask("GET", "/metrics");
    EXPECT_NE(metrics.text.find("outcome=\"admitted\"} 1\n"), std::string::npos) << metrics.text;
    EXPECT_NE(metrics.text.find("uri=\"/v1/coupons/{id}/claims\""), std::string::npos);
    rehearsing_ = true;
    const Reply health = Ask("GET", "/actuator/health");
    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(health.json.at("reason").as_string(), "rehearsing");
    EXPECT_EQ(Ask("GET", "/livez").status, 200);
}

TEST_F(GuardedApi, AsksForTheRightToken) {
    const std::string body = "{'name':'x'}";
    const Reply none = Ask("POST", "/v1/coupons", body);
    EXPECT_EQ(none.status, 401);
    EXPECT_NE(none.header.find("WWW-Authenticate: Bearer\r\n"), std::string::npos);
    EXPECT_EQ(Ask("POST", "/v1/coupons", body, Bearer("wrong")).status, 401);
    EXPECT_EQ(Ask("POST", "/v1/coupons", body, Bearer(kServiceToken)).status, 403);
    EXPECT_EQ(Ask("POST", "/v1/coupons", body, Bearer(kOperatorToken)).status, 400);
    EXPECT_EQ(Ask("GET", "/v1/users/1/coupons").status, 401);
    EXPECT_EQ(Ask("GET", "/v1/users/1/coupons", "", Bearer(kServiceToken)).status, 200);
    EXPECT_EQ(Ask("GET", "/v1/users/1/coupons", "", Bearer(kOperatorToken)).status, 200);
    for (const auto& [method, path] :
         {std::pair{"GET", "/v1/audit"}, std::pair{"POST", "/v1/coupons/1/rebuild"},
          std::pair{"GET", "/v1/dead-letters"}, std::pair{"GET", "/v1/dead-letters/1"},
          std::pair{"POST", "/v1/dead-letters/1/retry"},
          std::pair{"DELETE", "/v1/dead-letters/1"}}) {
        EXPECT_EQ(Ask(method, path, "", Bearer(kServiceToken)).status, 403) << path;
        EXPECT_EQ(Ask(method, path).status, 401) << path;
    }
    EXPECT_EQ(Ask("GET", "/v1/users/x/coupons").status, 401) << "says nothing of the path";
    EXPECT_EQ(Ask("GET", "/v1/coupons").status, 200);
}

}  // namespace
}  // namespace coupon::http::api
