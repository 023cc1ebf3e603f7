#include "apps/ctl/command_line.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "apps/ctl/test_run.h"
#include "apps/ctl/test_server.h"
#include "common/config_values.h"
#include "common/limits.h"

namespace coupon::ctl {
namespace {

Finished Against(const TestServer& server, std::vector<std::string> words) {
    words.insert(words.begin(), {"--url", server.Url()});
    return Couponctl(words);
}

bool Has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string BodyOf(const std::string& request) {
    return request.substr(request.find("\r\n\r\n") + 4);
}

constexpr const char* kClaim =
    R"({"couponId":7,"userId":42,"sequence":3,"status":"issued",
       "issuedAt":"2026-11-23T10:00:00Z"})";

TEST(Couponctl, EveryCommandHasHelpWithExamples) {
    for (const char* command :
         {"create", "list", "show", "pause", "resume", "close", "stock", "claim", "claims",
          "redeem", "export", "backup", "audit", "rebuild", "migrate", "version"}) {
        const Finished run = Couponctl({command, "--help"});
        EXPECT_EQ(run.code, 0) << command;
        EXPECT_TRUE(Has(run.out, "Examples:\n  couponctl ")) << run.out;
        EXPECT_EQ(run.error, "");
    }
    EXPECT_EQ(Couponctl({"--help"}).code, 0);
}

TEST(Couponctl, HelpSaysHowLongACallMayTake) {
    const auto text = [](auto limit) {
        return FormatConfigDuration(std::chrono::milliseconds(limit));
    };
    const std::string usual = text(limits::kCallTimeoutDefault);
    const std::string long_call = text(limits::kLongCallTimeoutDefault);
    EXPECT_TRUE(Has(Couponctl({"--help"}).out, usual + "; backup, audit, rebuild: " + long_call));
}

TEST(Couponctl, TellsItsVersionWithoutAService) {
    EXPECT_EQ(Couponctl({"version"}).out, "couponctl 9.8.7\n");
    EXPECT_EQ(Couponctl({"--version"}).out, "couponctl 9.8.7\n");
    EXPECT_EQ(Couponctl({"version", "--json"}).out,
              "{\"program\":\"couponctl\",\"version\":\"9.8.7\"}\n");
}

TEST(Couponctl, ExplainsWordsThatMeanNothingAndSendsNothing) {
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"frobnicate"},
        {"show"},
        {"show", "0"},
        {"show", "7", "8"},
        {"show", "--colour", "7"},
        {"stock", "7", "0"},
        {"stock", "7", "-x"},
        {"redeem", "7", "42"},
        {"redeem", "7", "42", "--amount", "5", "--undo"},
        {"export", "7", "--format", "xml"},
        {"create", "--name", "x", "--total", "5", "--discount", "1", "--end", "tomorrow"},
        {"create", "--name", "x", "--total", "-5", "--discount", "1", "--end", "+1h"},
        {"list", "--timeout", "10"},
        {"list", "--url", "https://host"},
    };
    for (const auto& words : wrong) {
        const Finished run = Couponctl(words);
        EXPECT_EQ(run.code, 64) << testing::PrintToString(words);
        EXPECT_EQ(run.out, "");
        EXPECT_TRUE(run.error.starts_with("couponctl: ")) << run.error;
    }
    EXPECT_TRUE(Has(Couponctl({"frobnicate"}).error, "\"frobnicate\" is not known"));
    EXPECT_TRUE(Has(Couponctl({"stock", "7", "0"}).error, "DELTA: \"0\" is not a change of stock"));
}

TEST(Couponctl, CreateSendsTimesCountedOnTheServersClock) {
    TestServer server({JsonReply(200, R"({"time":"2026-11-23T10:00:00Z","epochMilliseconds":1})"),
                       JsonReply(201, R"({"id":7})")});
    const Finished run =
        Against(server, {"create", "--name", "Öffnung \"A\"", "--total", "unlimited", "--discount",
                         "3000", "--end", "+1h", "--expires", "2027-01-01T00:00:00Z", "--shadow"});
    EXPECT_EQ(run.code, 0) << run.error;
    const auto requests = server.Requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_TRUE(requests[0].starts_with("GET /v1/time "));
    EXPECT_TRUE(requests[1].starts_with("POST /v1/coupons "));
    EXPECT_EQ(
        boost::json::parse(BodyOf(requests[1])),
        boost::json::parse(R"({"name":"Öffnung \"A\"","totalQuantity":null,"discountPrice":3000,
                "minimumPrice":0,"issueStartDate":"2026-11-23T10:00:00Z",
                "issueEndDate":"2026-11-23T11:00:00Z",
                "expiresAt":"2027-01-01T00:00:00Z","shadow":true})"));
}

TEST(Couponctl, CreateAsksNobodyForTheTimeWhenItIsGivenTimes) {
    TestServer server({JsonReply(201, R"({"id":7})")});
    const Finished run =
        Against(server, {"create", "--name", "x", "--total", "5", "--discount", "1", "--minimum",
                         "2", "--start", "2026-11-23T10:00:00Z", "--end", "2026-11-23T11:00:00Z"});
    EXPECT_EQ(run.code, 0) << run.error;
    EXPECT_EQ(server.Requests().size(), 1U);
}

TEST(Couponctl, ListFollowsThePagesAndPrintsOneDocument) {
    TestServer server({JsonReply(200, R"({"coupons":[{"id":1},{"id":2}],"next":2})"),
                       JsonReply(200, R"({"coupons":[{"id":5}],"next":null})")});
    const Finished run = Against(server, {"list", "--json"});
    EXPECT_EQ(run.code, 0);
    EXPECT_EQ(run.out, "{\"coupons\":[{\"id\":1},{\"id\":2},{\"id\":5}],\"next\":null}\n");
    EXPECT_TRUE(server.Requests().at(1).starts_with("GET /v1/coupons?after=2&limit=1000 "));
}

TEST(Couponctl, ListStopsAtItsLimitAndSaysHowToGoOn) {
    TestServer server({JsonReply(200, R"({"coupons":[{"id":4},{"id":5}],"next":5})")});
    const Finished run = Against(server, {"list", "--limit", "2", "--after", "3"});
    EXPECT_EQ(run.code, 0);
    EXPECT_TRUE(server.Requests().at(0).starts_with("GET /v1/coupons?after=3&limit=2 "));
    EXPECT_EQ(server.Requests().size(), 1U);
    EXPECT_TRUE(Has(run.error, "there are more: --after 5"));
}

TEST(Couponctl, ListDoesNotRunInCirclesNorTakeAnythingForAList) {
    TestServer circle({JsonReply(200, R"({"coupons":[{"id":4}],"next":4})")});
    EXPECT_EQ(Against(circle, {"list"}).code, 69);
    EXPECT_EQ(circle.Requests().size(), 2U);
    TestServer other({JsonReply(200, R"({"hello":"world"})")});
    EXPECT_EQ(Against(other, {"list"}).code, 69);
}

TEST(Couponctl, PauseResumeAndCloseChangeTheState) {
    for (const auto& [command, state] :
         {std::pair{"pause", "paused"}, {"resume", "open"}, {"close", "closed"}}) {
        TestServer server({JsonReply(200, R"({"id":7})")});
        const Finished run = Against(server, {command, "7"});
        EXPECT_EQ(run.code, 0);
        EXPECT_TRUE(server.Requests().at(0).starts_with("PATCH /v1/coupons/7 "));
        EXPECT_EQ(BodyOf(server.Requests().at(0)), std::string("{\"state\":\"") + state + "\"}");
        EXPECT_EQ(Has(run.error, "closed for good"), std::string(command) == "close");
    }
}

TEST(Couponctl, StockTakesChangesOfEitherSign) {
    for (const auto& [word, delta] : {std::pair{"-20", "-20"}, {"+50", "50"}, {"50", "50"}}) {
        TestServer server({JsonReply(200, R"({"id":7})")});
        EXPECT_EQ(Against(server, {"stock", "7", word}).code, 0);
        EXPECT_TRUE(server.Requests().at(0).starts_with("POST /v1/coupons/7/stock "));
        EXPECT_EQ(BodyOf(server.Requests().at(0)), std::string("{\"delta\":") + delta + "}");
    }
}

TEST(Couponctl, ClaimPrintsWhatTheUserHolds) {
    TestServer server({JsonReply(201, kClaim)});
    const Finished run = Against(server, {"claim", "7", "42"});
    EXPECT_EQ(run.code, 0);
    EXPECT_EQ(run.out,
              "user 42 holds coupon 7 with sequence 3 (issued), issued at 2026-11-23T10:00:00Z\n");
    EXPECT_EQ(BodyOf(server.Requests().at(0)), "{\"userId\":42}");
}

TEST(Couponctl, ClaimSaysWhichNoItIs) {
    TestServer server({ProblemReply(410, "sold_out")});
    const Finished run = Against(server, {"claim", "7", "42"});
    EXPECT_EQ(run.code, 1);
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(run.error, "couponctl: sold_out: Why it is so. (410)\n");
}

TEST(Couponctl, ASecondClaimShowsTheFirst) {
    TestServer server({ProblemReply(409, "already_claimed", std::string(",\"claim\":") + kClaim)});
    const Finished run = Against(server, {"claim", "7", "42"});
    EXPECT_EQ(run.code, 1);
    EXPECT_TRUE(run.out.starts_with("user 42 holds coupon 7 with sequence 3"));
    const Finished json = Against(server, {"--json", "claim", "7", "42"});
    EXPECT_EQ(json.code, 1);
    EXPECT_EQ(boost::json::parse(json.out).at("claim"), boost::json::parse(kClaim));
}

TEST(Couponctl, ALostAnswerIsNeitherYesNorNo) {
    TestServer cut({{""}});
    const Finished claim = Against(cut, {"claim", "7", "42"});
    EXPECT_EQ(claim.code, 69);
    EXPECT_TRUE(Has(claim.error, "the outcome is unknown, ask again")) << claim.error;
    const Finished stock = Against(cut, {"stock", "7", "+5"});
    EXPECT_EQ(stock.code, 69);
    EXPECT_TRUE(Has(stock.error, "before you repeat")) << stock.error;
    TestServer silent({{"", TestServer::Then::kHold}});
    EXPECT_TRUE(Has(Against(silent, {"claim", "7", "42", "--timeout", "50ms"}).error, "ask again"));
    TestServer unknown({ProblemReply(503, "unknown")});
    EXPECT_TRUE(Has(Against(unknown, {"claim", "7", "42"}).error, "ask again"));
    TestServer overloaded({ProblemReply(503, "overloaded")});
    EXPECT_FALSE(Has(Against(overloaded, {"claim", "7", "42"}).error, "unknown"));
}

TEST(Couponctl, RedeemAndUndoUseTheSamePlace) {
    TestServer server({JsonReply(200, kClaim)});
    EXPECT_EQ(Against(server, {"redeem", "7", "42", "--amount", "12000"}).code, 0);
    EXPECT_EQ(Against(server, {"redeem", "7", "42", "--undo"}).code, 0);
    const auto requests = server.Requests();
    EXPECT_TRUE(requests.at(0).starts_with("POST /v1/coupons/7/claims/42/redemption "));
    EXPECT_EQ(BodyOf(requests.at(0)), "{\"orderAmount\":12000}");
    EXPECT_TRUE(requests.at(1).starts_with("DELETE /v1/coupons/7/claims/42/redemption "));
}

TEST(Couponctl, AuditIsPassedOnlyIfTheServiceSaysSo) {
    TestServer passed({JsonReply(
        200, R"({"passed":true,"coupons":1,"issuances":2,"redemptions":0,"checks":[]})")});
    EXPECT_EQ(Against(passed, {"audit"}).code, 0);
    TestServer broken({JsonReply(200, R"({"passed":false,"checks":[]})")});
    EXPECT_EQ(Against(broken, {"audit"}).code, 1);
    EXPECT_EQ(Against(broken, {"audit", "--json"}).out, "{\"passed\":false,\"checks\":[]}\n");
    TestServer other({JsonReply(200, "{}")});
    EXPECT_EQ(Against(other, {"audit"}).code, 69);
}

TEST(Couponctl, WhatIsNoCouponServiceIsSaidToBeNone) {
    TestServer html({{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"}});
    const Finished run = Against(html, {"show", "7"});
    EXPECT_EQ(run.code, 69);
    EXPECT_EQ(run.out, "");
    EXPECT_TRUE(Has(run.error, "is it a coupon service?"));
}

TEST(Couponctl, StdoutThatTakesNothingIsAnError) {
    std::ostringstream out;
    std::ostringstream error;
    out.setstate(std::ios::badbit);
    const std::vector<const char*> words = {"couponctl", "version"};
    EXPECT_EQ(RunCouponctl(words, "1", {.out = out, .error = error}), 73);
}

}  // namespace
}  // namespace coupon::ctl
