// The routes as the distributed mode has them, over a store that knows what a test tells it.

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "http/api/api_fixture.h"
#include "http/api/told_store.h"

namespace coupon::http::api {
namespace {

using admission::ClaimStage;

/// The embedded admission, whose yes means accepted only.
class AcceptingAdmission final : public admission::Admission {
public:
    explicit AcceptingAdmission(admission::Admission& real) : real_(real) {}

    std::optional<admission::UserReply> Submit(admission::SubmitterId from,
                                               const admission::UserRequest& request) override {
        auto reply = real_.Submit(from, request);
        if (reply) reply->accepted = true;
        return reply;
    }
    void Apply(admission::OperatorChange change, admission::ChangeCallback done) override {
        real_.Apply(std::move(change), std::move(done));
    }
    const admission::AdmissionReader& Reader() const override { return real_.Reader(); }
    admission::SubmitterId Register(admission::ReplySink& sink,
                                    boost::asio::io_context& loop) override {
        return real_.Register(sinks_.emplace_back(sink), loop);
    }
    bool Drain(std::chrono::milliseconds deadline) override { return real_.Drain(deadline); }

private:
    class Sink final : public admission::ReplySink {
    public:
        explicit Sink(admission::ReplySink& real) : real_(real) {}
        void Deliver(std::span<const admission::UserReply> replies) noexcept override {
            std::vector<admission::UserReply> accepted(replies.begin(), replies.end());
            for (admission::UserReply& reply : accepted) reply.accepted = true;
            real_.Deliver(accepted);
        }

    private:
        admission::ReplySink& real_;
    };

    admission::Admission& real_;
    std::deque<Sink> sinks_;
};

class DistributedApi : public ApiFixture {
protected:
    void SetUp() override {
        told_.claims[41] = {.holding = {CouponId{1}, UserId{41}, Sequence{1}, WallTime{}, false},
                            .stage = ClaimStage::kAccepted,
                            .redemption = {}};
        told_.claims[42] = {
            .holding = {CouponId{1}, UserId{42}, Sequence{2}, WallTime{}, true},
            .redemption = Redemption{CouponId{1}, Sequence{2}, Money{7000}, WallTime{}}};
        for (const std::int64_t id : {5, 6}) {
            ledger::DeadLetter& letter = told_.letters[id];
            letter.id = id;
            letter.coupon_id = CouponId{1};
            letter.user_id = UserId{id};
            letter.sequence = Sequence{id};
            letter.detail = "x";
        }
        Start(false);
    }
    admission::Admission& Admission() override {
        if (!accepting_) accepting_.emplace(*admission_);
        return *accepting_;
    }
    ServiceInfo Info() const override {
        return {.version = "0.1.0",
                .mode = "distributed",
                .store = "mysql",
                .ack_level = admission::AckLevel::kOs,
                .reply_after = "admission",
                .path = AdmissionPath::kRedis};
    }
    const admission::MemoryLookup* Memory() const override { return nullptr; }
    Result<std::unique_ptr<QueryStore>> OpenStore() override {
        return std::make_unique<ToldStore>(told_);
    }
    void ExpectProblem(const Reply& reply, int status, std::string_view code) {
        EXPECT_EQ(reply.status, status) << reply.text;
        EXPECT_EQ(reply.Code(), code);
    }
    static std::string StatusOf(const Reply& reply) {
        return std::string(reply.json.at("status").as_string());
    }

    Told told_;
    std::optional<AcceptingAdmission> accepting_;
};

TEST_F(DistributedApi, SaysThatAClaimIsAcceptedUntilTheLedgerHasIt) {
    ASSERT_EQ(Create(10), 1);
    const Reply claimed = Claim(1, 7);
    EXPECT_EQ(claimed.status, 201) << claimed.text;
    EXPECT_EQ(StatusOf(claimed), "accepted");
    const Reply again = Claim(1, 7);
    EXPECT_EQ(again.json.at("claim").as_object().at("status").as_string(), "accepted");
    EXPECT_EQ(StatusOf(Ask("GET", "/v1/coupons/1/claims/41")), "accepted");
    const Reply redeemed = Ask("GET", "/v1/coupons/1/claims/42");
    EXPECT_EQ(StatusOf(redeemed), "redeemed");
    EXPECT_EQ(redeemed.json.at("orderAmount").as_int64(), 7000);
    const Reply held = Ask("GET", "/v1/users/41/coupons");
    EXPECT_EQ(held.json.at("coupons").at(0).at("status").as_string(), "accepted") << held.text;
}

TEST_F(DistributedApi, ReadsThroughTheStoreOfAQueryThread) {
    const Reply coupon = Ask("GET", "/v1/coupons/1");
    EXPECT_EQ(coupon.json.at("issuedQuantity").as_int64(), 2) << coupon.text;
    EXPECT_EQ(coupon.json.at("admission").as_string(), "redis");
    EXPECT_EQ(Ask("GET", "/v1/coupons").json.at("coupons").as_array().size(), 1U);
    ExpectProblem(Ask("GET", "/v1/coupons/2"), 404, "unknown_coupon");
    ExpectProblem(Ask("GET", "/v1/coupons/2/claims/41"), 404, "unknown_coupon");
    ExpectProblem(Ask("GET", "/v1/coupons/1/claims/43"), 404, "not_claimed");
    const std::string list = AskStream("/v1/coupons/1/issuances");
    EXPECT_NE(list.find("\n3,9,"), std::string::npos) << "a list with gaps is sent: " << list;
    EXPECT_TRUE(list.ends_with("0\r\n\r\n")) << list;
    EXPECT_NE(Ask("GET", "/metrics")
                  .text.find("coupon_stock_remaining{application=\"coupon-api\","
                             "coupon=\"1\"} 8\n"),
              std::string::npos);
}

TEST_F(DistributedApi, DoesNotGuessWhenTheStoreCannotBeAsked) {
    told_.failure = Failed(ErrorCode::kUnavailable).error();
    for (const std::string path :
         {"/v1/coupons/1", "/v1/coupons", "/v1/coupons/1/claims/43", "/v1/coupons/1/issuances"}) {
        ExpectProblem(Ask("GET", path), 503, "unavailable");
    }
    EXPECT_EQ(Ask("GET", "/metrics").text.find("coupon_stock_remaining{"), std::string::npos);
}

TEST_F(DistributedApi, SaysItsModeAndRefusesWhatBelongsToTheOther) {
    const Reply info = Ask("GET", "/actuator/info");
    EXPECT_EQ(info.json.at("mode").as_string(), "distributed");
    EXPECT_EQ(info.json.at("store").as_string(), "mysql");
    EXPECT_EQ(info.json.at("replyAfter").as_string(), "admission");
    ExpectProblem(Ask("POST", "/v1/backup"), 409, "not_supported");
    EXPECT_EQ(Ask("GET", "/v1/audit").status, 200);
    EXPECT_EQ(SeedClaim(1, 7, "mysql").status, 400);
    ASSERT_EQ(Create(10), 1);
    EXPECT_EQ(Ask("GET", "/v1/coupons/1/claims/7").status, 404) << "and admits nothing";
    EXPECT_EQ(SeedClaim(1, 7, "async/v2").status, 200);
}

TEST_F(DistributedApi, RebuildsACoupon) {
    const Reply rebuilt = Ask("POST", "/v1/coupons/1/rebuild");
    EXPECT_EQ(rebuilt.status, 200) << rebuilt.text;
    EXPECT_EQ(rebuilt.json.at("epoch").as_int64(), 3);
    ExpectProblem(Ask("POST", "/v1/coupons/2/rebuild"), 404, "unknown_coupon");
    ExpectProblem(Ask("POST", "/v1/coupons/1/rebuild", "", "Origin: https://x.example\r\n"), 415,
                  "unsupported_media_type");
    EXPECT_EQ(Ask("POST", "/v1/coupons/1/rebuild", "{'x':1}").json.at("field").as_string(), "x");
    EXPECT_TRUE(log_.Flush());
    EXPECT_NE(log_text_.str().find("by=local action=rebuild id=1"), std::string::npos)
        << log_text_.str();
}

TEST_F(DistributedApi, ListsDeadLettersInPages) {
    const Reply first = Ask("GET", "/v1/dead-letters?limit=1");
    EXPECT_EQ(first.status, 200) << first.text;
    EXPECT_EQ(first.json.at("deadLetters").as_array().size(), 1U);
    EXPECT_EQ(first.json.at("next").as_int64(), 5);
    const Reply last = Ask("GET", "/v1/dead-letters?limit=1&after=5");
    EXPECT_EQ(last.json.at("deadLetters").at(0).at("id").as_int64(), 6);
    EXPECT_TRUE(last.json.at("next").is_null());
    const Reply dropped = Ask("GET", "/v1/dead-letters?status=dropped");
    EXPECT_TRUE(dropped.json.at("deadLetters").as_array().empty());
    for (const std::string name : {"status", "limit", "after"}) {
        const Reply bad = Ask("GET", "/v1/dead-letters?" + name + "=x");
        ExpectProblem(bad, 400, "invalid_request");
        EXPECT_EQ(bad.json.at("field").as_string(), name);
    }
}

TEST_F(DistributedApi, SettlesADeadLetterOnce) {
    EXPECT_EQ(StatusOf(Ask("GET", "/v1/dead-letters/5")), "open");
    EXPECT_EQ(StatusOf(Ask("POST", "/v1/dead-letters/5/retry")), "retried");
    ExpectProblem(Ask("POST", "/v1/dead-letters/5/retry"), 409, "conflict");
    EXPECT_EQ(StatusOf(Ask("DELETE", "/v1/dead-letters/6")), "dropped");
    ExpectProblem(Ask("DELETE", "/v1/dead-letters/6"), 409, "conflict");
    ExpectProblem(Ask("GET", "/v1/dead-letters/7"), 404, "unknown_dead_letter");
    ExpectProblem(Ask("GET", "/v1/dead-letters/0"), 400, "invalid_request");
    ExpectProblem(Ask("POST", "/v1/dead-letters/5/retry", "", "Origin: null\r\n"), 415,
                  "unsupported_media_type");
}

}  // namespace
}  // namespace coupon::http::api
