#include "apps/ctl/answer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coupon::ctl {
namespace {

HttpAnswer AnswerOf(int status, const std::string& code) {
    return {.status = status,
            .content_type = "application/problem+json",
            .retry_after = {},
            .body = code.empty() ? "" : R"({"code":")" + code + R"(","detail":"Why."})"};
}

int ExitCode(CallKind kind, int status, const std::string& code) {
    const HttpAnswer answer = AnswerOf(status, code);
    return ExitCodeOfAnswer(kind, answer, ParseProblem(answer));
}

TEST(Answer, NoIsExitCodeOneForAUsersAct) {
    const std::vector<std::pair<int, std::string>> noes = {
        {409, "already_claimed"}, {410, "sold_out"},        {410, "ended"},
        {410, "closed"},          {403, "not_open"},        {403, "coupon_paused"},
        {404, "not_claimed"},     {410, "expired"},         {409, "below_minimum_price"},
        {409, "not_redeemed"},    {409, "already_redeemed"}};
    for (const auto& [status, code] : noes) {
        EXPECT_EQ(ExitCode(CallKind::kUserAct, status, code), 1) << code;
    }
}

TEST(Answer, RefusedChangesAndWrongInputAreUsage) {
    EXPECT_EQ(ExitCode(CallKind::kAddition, 409, "conflict"), 64);
    EXPECT_EQ(ExitCode(CallKind::kSetting, 409, "conflict"), 64);
    EXPECT_EQ(ExitCode(CallKind::kAddition, 400, "invalid_request"), 64);
    EXPECT_EQ(ExitCode(CallKind::kUserAct, 400, "invalid_request"), 64);
    EXPECT_EQ(ExitCode(CallKind::kUserAct, 404, "unknown_coupon"), 64);
    EXPECT_EQ(ExitCode(CallKind::kRead, 404, "unknown_coupon"), 64);
    EXPECT_EQ(ExitCode(CallKind::kRead, 405, "method_not_allowed"), 64);
}

TEST(Answer, MissingRightsAreConfiguration) {
    EXPECT_EQ(ExitCode(CallKind::kAddition, 401, "unauthorized"), 78);
    EXPECT_EQ(ExitCode(CallKind::kUserAct, 401, "unauthorized"), 78);
    EXPECT_EQ(ExitCode(CallKind::kUserAct, 403, "forbidden"), 78);
    EXPECT_EQ(ExitCode(CallKind::kSetting, 403, "forbidden"), 78);
}

TEST(Answer, WhatMayPassOrIsNoServiceOfOursIsUnavailable) {
    EXPECT_EQ(ExitCode(CallKind::kUserAct, 503, "overloaded"), 69);
    EXPECT_EQ(ExitCode(CallKind::kUserAct, 503, "unknown"), 69);
    EXPECT_EQ(ExitCode(CallKind::kRead, 500, "internal"), 69);
    EXPECT_EQ(ExitCode(CallKind::kRead, 429, ""), 69);
    EXPECT_EQ(ExitCode(CallKind::kRead, 302, ""), 69);
    EXPECT_EQ(ExitCode(CallKind::kRead, 502, ""), 69);
}

TEST(Answer, SuccessIsZero) {
    EXPECT_EQ(ExitCode(CallKind::kUserAct, 201, ""), 0);
    EXPECT_EQ(ExitCode(CallKind::kRead, 200, ""), 0);
}

TEST(Answer, IsDescribedWithCodeDetailFieldAndWhenToTryAgain) {
    HttpAnswer answer{
        .status = 403, .content_type = {}, .retry_after = "30", .body = R"({"code":"not_open",
        "detail":"Claims open at opensAt.","opensAt":"2026-11-23T10:00:00Z"})"};
    EXPECT_EQ(DescribeProblem(answer, ParseProblem(answer)),
              "not_open: Claims open at opensAt. (403); opens at 2026-11-23T10:00:00Z; try again "
              "in 30 s");
    answer = {
        .status = 400, .content_type = {}, .retry_after = {}, .body = R"({"code":"invalid_request",
        "detail":"name is missing","field":"name"})"};
    EXPECT_EQ(DescribeProblem(answer, ParseProblem(answer)),
              "invalid_request: name is missing [name] (400)");
}

TEST(Answer, ThatIsNoProblemDocumentShowsNothingRaw) {
    const HttpAnswer answer{.status = 502,
                            .content_type = "text/html",
                            .retry_after = {},
                            .body = "<html>\x1B[2J</html>"};
    EXPECT_EQ(DescribeProblem(answer, ParseProblem(answer)),
              "the server answered 502 without saying why; is it a coupon service?");
    for (const char* body : {"", "[]", "{", "{\"code\":7}", "\"x\""}) {
        EXPECT_EQ(
            ParseProblem({.status = 500, .content_type = {}, .retry_after = {}, .body = body}).code,
            "");
    }
}

TEST(Answer, AdvisesNeverToRepeatBlindlyWhatCountsEachTime) {
    EXPECT_NE(UnknownAdvice(CallKind::kAddition).find("before you repeat"), std::string_view::npos);
    EXPECT_NE(UnknownAdvice(CallKind::kUserAct).find("ask again"), std::string_view::npos);
    EXPECT_EQ(UnknownAdvice(CallKind::kRead), "");
}

}  // namespace
}  // namespace coupon::ctl
