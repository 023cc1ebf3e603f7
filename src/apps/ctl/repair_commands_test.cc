#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "apps/ctl/render.h"
#include "apps/ctl/test_run.h"
#include "apps/ctl/test_server.h"

namespace coupon::ctl {
namespace {

constexpr const char* kLetter =
    R"({"id":3,"couponId":7,"userId":42,"sequence":5,"epoch":2,"issuedAt":"T1",
    "reason":"lost_epoch","detail":"why","status":"open","createdAt":"T2"})";

Finished Against(const TestServer& server, std::vector<std::string> words) {
    words.insert(words.begin(), {"--url", server.Url()});
    return Couponctl(words);
}

TEST(RepairCommands, RebuildSaysWhatIsLoadedNow) {
    TestServer server({JsonReply(200, R"({"couponId":7,"epoch":3,"admitted":100,"queued":2})")});
    const Finished run = Against(server, {"rebuild", "7"});
    EXPECT_EQ(run.code, 0) << run.error;
    EXPECT_EQ(run.out,
              "coupon 7 is loaded with epoch 3: 100 users, 2 of them waiting for the ledger\n");
    EXPECT_TRUE(server.Requests().at(0).starts_with("POST /v1/coupons/7/rebuild "));
}

TEST(RepairCommands, DeadLettersAreListedFilteredAndPaged) {
    const std::string letter = kLetter;
    TestServer server({JsonReply(200, R"({"deadLetters":[)" + letter + R"(],"next":3})"),
                       JsonReply(200, R"({"deadLetters":[],"next":null})")});
    const Finished run = Against(server, {"dead-letters", "list", "--status", "open"});
    EXPECT_EQ(run.code, 0) << run.error;
    EXPECT_EQ(run.out,
              "ID  COUPON  USER  SEQUENCE  REASON      STATUS  CREATED AT\n"
              " 3       7    42         5  lost_epoch  open    T2\n");
    const auto requests = server.Requests();
    EXPECT_TRUE(requests.at(0).starts_with("GET /v1/dead-letters?after=0&limit=1000&status=open "));
    EXPECT_TRUE(requests.at(1).starts_with("GET /v1/dead-letters?after=3&limit=1000&status=open "));
}

TEST(RepairCommands, DeadLettersListAsJsonIsOneDocument) {
    TestServer server({JsonReply(200, R"({"deadLetters":[{"id":4}],"next":4})")});
    const Finished run =
        Against(server, {"dead-letters", "list", "--json", "--limit", "1", "--after", "3"});
    EXPECT_EQ(run.out, "{\"deadLetters\":[{\"id\":4}],\"next\":4}\n");
    EXPECT_NE(run.error.find("there are more: --after 4"), std::string::npos) << run.error;
    EXPECT_TRUE(server.Requests().at(0).starts_with("GET /v1/dead-letters?after=3&limit=1 "));
}

TEST(RepairCommands, ADeadLetterIsShownRetriedAndDropped) {
    struct Case {
        const char* command;
        const char* request;
    };
    for (const Case& one :
         {Case{"show", "GET /v1/dead-letters/3 "}, Case{"retry", "POST /v1/dead-letters/3/retry "},
          Case{"drop", "DELETE /v1/dead-letters/3 "}}) {
        TestServer server({JsonReply(200, kLetter)});
        const Finished run = Against(server, {"dead-letters", one.command, "3"});
        EXPECT_EQ(run.code, 0) << run.error;
        EXPECT_NE(run.out.find("reason    lost_epoch\ndetail    why\n"), std::string::npos)
            << run.out;
        EXPECT_TRUE(server.Requests().at(0).starts_with(one.request)) << one.command;
    }
}

TEST(RepairCommands, RefusalsHaveTheirExitCodes) {
    TestServer unsupported({ProblemReply(409, "not_supported")});
    EXPECT_EQ(Against(unsupported, {"rebuild", "7"}).code, 64);
    TestServer unknown({ProblemReply(404, "unknown_dead_letter")});
    EXPECT_EQ(Against(unknown, {"dead-letters", "show", "3"}).code, 64);
    TestServer away({ProblemReply(503, "unavailable")});
    EXPECT_EQ(Against(away, {"dead-letters", "list"}).code, 69);
    EXPECT_EQ(Couponctl({"dead-letters"}).code, 64);
    EXPECT_EQ(Couponctl({"dead-letters", "show"}).code, 64);
    EXPECT_EQ(Couponctl({"dead-letters", "show", "0"}).code, 64);
    EXPECT_EQ(Couponctl({"dead-letters", "list", "--status", "lost"}).code, 64);
}

TEST(RepairCommands, DeadLettersExplainThemselves) {
    for (const char* command : {"list", "show", "retry", "drop"}) {
        const Finished run = Couponctl({"dead-letters", command, "--help"});
        EXPECT_EQ(run.code, 0) << command;
        EXPECT_NE(run.out.find("Examples:\n  couponctl dead-letters "), std::string::npos);
    }
}

TEST(RepairCommands, MigrateNamesTheKeyThatIsWrong) {
    const Finished url = Couponctl({"migrate", "--set", "datasource.url=postgres://x/y"});
    EXPECT_EQ(url.code, 78);
    EXPECT_NE(url.error.find("datasource.url"), std::string::npos) << url.error;
    EXPECT_EQ(Couponctl({"migrate", "--set", "no.such.key=1"}).code, 78);
    EXPECT_EQ(Couponctl({"migrate", "--profile", "nowhere"}).code, 78);
}

TEST(RepairCommands, MigrateSaysThatTheDatabaseIsNotThere) {
    const Finished run = Couponctl({"migrate", "--set", "datasource.url=mysql://127.0.0.1:1/x",
                                    "--set", "datasource.connection_timeout=200ms"});
    EXPECT_EQ(run.code, 69) << run.error;
    EXPECT_EQ(run.out, "");
}

TEST(RepairCommands, MigrationIsToldInOneSentence) {
    const auto text = [](const char* json) { return RenderMigration(boost::json::parse(json)); };
    EXPECT_EQ(text(R"({"database":"d","found":0,"wanted":2,"applied":[1,2],"dryRun":false})"),
              "d: version 0, this program's is 2: applied 1 2\n");
    EXPECT_EQ(text(R"({"database":"d","found":1,"wanted":2,"applied":[2],"dryRun":true})"),
              "d: version 1, this program's is 2: would apply 2\n");
    EXPECT_EQ(text(R"({"database":"d","found":2,"wanted":2,"applied":[],"dryRun":false})"),
              "d: version 2, this program's is 2: nothing to do\n");
}

}  // namespace
}  // namespace coupon::ctl
