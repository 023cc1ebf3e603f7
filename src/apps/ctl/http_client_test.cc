#include "apps/ctl/http_client.h"

#include <gtest/gtest.h>

#include <string>

#include "apps/ctl/test_server.h"
#include "common/limits.h"

namespace coupon::ctl {
namespace {

using namespace std::chrono_literals;

constexpr auto kShort = 80ms;
constexpr auto kLong = 10s;

Result<HttpAnswer> Send(const TestServer& server, const HttpRequest& request,
                        std::chrono::milliseconds timeout = kLong, const BodySink& sink = {}) {
    HttpClient client(*ParseUrl(server.Url()), "");
    return client.Send(request, timeout, sink);
}

TEST(HttpClient, HandsBackStatusTypeAndBody) {
    TestServer server({JsonReply(404, R"({"code":"x"})", "Retry-After: 3\r\n")});
    const Result<HttpAnswer> answer = Send(server, {.path = "/v1/coupons/7"});
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->status, 404);
    EXPECT_EQ(answer->content_type, "application/json");
    EXPECT_EQ(answer->retry_after, "3");
    EXPECT_EQ(answer->body, R"({"code":"x"})");
}

TEST(HttpClient, SendsVerbPathBodyAndToken) {
    TestServer server({JsonReply(200, "{}")});
    const Url url = *ParseUrl(server.Url() + "/shop");
    HttpClient client(url, "secret-token");
    ASSERT_TRUE(
        client.Send({.verb = Verb::kPatch, .path = "/v1/coupons/7", .body = "{\"a\":1}"}, kLong));
    const std::string request = server.Requests().at(0);
    EXPECT_TRUE(request.starts_with("PATCH /shop/v1/coupons/7 HTTP/1.1\r\n")) << request;
    EXPECT_NE(request.find("Host: " + url.Authority() + "\r\n"), std::string::npos);
    EXPECT_NE(request.find("Authorization: Bearer secret-token\r\n"), std::string::npos);
    EXPECT_NE(request.find("Content-Type: application/json\r\n"), std::string::npos);
    EXPECT_EQ(request.find("Transfer-Encoding"), std::string::npos);
    EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}"));
}

TEST(HttpClient, SendsNoTokenAndNoBodyUnlessGiven) {
    TestServer server({JsonReply(201, "{}")});
    ASSERT_TRUE(Send(server, {.verb = Verb::kPost, .path = "/v1/backup"}));
    const std::string request = server.Requests().at(0);
    EXPECT_EQ(request.find("Authorization"), std::string::npos);
    EXPECT_NE(request.find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(HttpClient, JoinsAChunkedBody) {
    TestServer server(
        {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"}});
    EXPECT_EQ(Send(server, {.path = "/"})->body, "hello world");
}

TEST(HttpClient, TakesAnAnswerWithoutABody) {
    TestServer server({{"HTTP/1.1 204 No Content\r\n\r\n"}});
    const Result<HttpAnswer> answer = Send(server, {.verb = Verb::kDelete, .path = "/"});
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->status, 204);
}

TEST(HttpClient, StreamsABodyLargerThanItsBuffer) {
    const std::string piece(0x10000, 'x');
    std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    // More than limits::kAnswerBytesMax.
    for (int i = 0; i < 300; ++i) bytes += "10000\r\n" + piece + "\r\n";
    TestServer server({{bytes + "0\r\n\r\n"}});
    std::size_t total = 0;
    const auto answer =
        Send(server, {.path = "/"}, kLong, [&](std::string_view taken) -> Result<void> {
            total += taken.size();
            return {};
        });
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(total, 300U * 0x10000U);
    EXPECT_EQ(answer->body, "");
}

TEST(HttpClient, KeepsARefusalOutOfTheSink) {
    TestServer server({JsonReply(404, "{}")});
    const auto answer = Send(server, {.path = "/"}, kLong, [](std::string_view) -> Result<void> {
        ADD_FAILURE() << "a problem document is no list";
        return {};
    });
    EXPECT_EQ(answer->body, "{}");
}

TEST(HttpClient, HandsBackTheErrorOfASink) {
    TestServer server({JsonReply(200, "{}")});
    const auto answer = Send(server, {.path = "/"}, kLong, [](std::string_view) -> Result<void> {
        return std::unexpected(
            Error{.code = ErrorCode::kCannotCreate, .operation = "write", .detail = "disk full"});
    });
    EXPECT_EQ(answer.error().code, ErrorCode::kCannotCreate);
}

TEST(HttpClient, TakesACutBodyForAnErrorAndNotForTheEnd) {
    const std::string cut[] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "",
    };
    for (const std::string& bytes : cut) {
        TestServer server({{bytes}});
        const Result<HttpAnswer> answer = Send(server, {.path = "/"});
        ASSERT_FALSE(answer) << bytes;
        EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
        EXPECT_EQ(answer.error().applied, Applied::kUnknown);
        EXPECT_NE(answer.error().detail.find("cut the connection"), std::string::npos)
            << answer.error().detail;
    }
}

TEST(HttpClient, RefusesABodyWhoseEndNobodyCouldTellFromACut) {
    TestServer server({{"HTTP/1.1 200 OK\r\n\r\nhello"}});
    const Result<HttpAnswer> answer = Send(server, {.path = "/"});
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().detail.find("does not say where it ends"), std::string::npos);
}

TEST(HttpClient, RefusesWhatIsNotHttpAndTooLongAHead) {
    TestServer garbage({{"SSH-2.0-OpenSSH\r\n"}});
    EXPECT_EQ(Send(garbage, {.path = "/"}).error().code, ErrorCode::kUnavailable);
    TestServer long_head({{"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"}});
    EXPECT_EQ(Send(long_head, {.path = "/"}).error().code, ErrorCode::kUnavailable);
}

TEST(HttpClient, RefusesAnAnswerTooLargeToHold) {
    const auto reply = [](std::size_t bytes) {
        return TestServer::Reply{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) +
                                 "\r\n\r\n" + std::string(bytes, 'x')};
    };
    TestServer server({reply(limits::kAnswerBytesMax), reply(limits::kAnswerBytesMax + 1)});
    EXPECT_EQ(Send(server, {.path = "/"})->body.size(), limits::kAnswerBytesMax);
    const Result<HttpAnswer> answer = Send(server, {.path = "/"});
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().detail.find("larger than"), std::string::npos);
}

TEST(HttpClient, GivesUpOnASilentServerAndDoesNotKnowTheOutcome) {
    TestServer before_the_head({{"", TestServer::Then::kHold}});
    TestServer in_the_body(
        {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", TestServer::Then::kHold}});
    for (const TestServer* server : {&before_the_head, &in_the_body}) {
        const Result<HttpAnswer> answer = Send(*server, {.path = "/"}, kShort);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().applied, Applied::kUnknown);
        EXPECT_NE(answer.error().detail.find("within 80ms"), std::string::npos)
            << answer.error().detail;
    }
}

TEST(HttpClient, KnowsThatARefusedConnectionChangedNothing) {
    std::string url;
    {
        const TestServer gone({{""}});
        url = gone.Url();
    }
    HttpClient client(*ParseUrl(url), "");
    const Result<HttpAnswer> answer = client.Send({.path = "/"}, kLong);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().applied, Applied::kNo);
    EXPECT_NE(answer.error().detail.find("Connection refused"), std::string::npos);
}

}  // namespace
}  // namespace coupon::ctl
