#include "queue/redis_stream.h"

#include <gtest/gtest.h>

#include "common/limits_consumer.h"
#include "common/limits_distributed.h"
#include "queue/queue_look.h"
#include "queue/redis_stream_fixture.h"

namespace coupon::queue {
namespace {

using Ids = std::vector<std::string>;

TEST_F(RedisStreamTest, HasNothingToDoWithoutEntriesLoadedOrNot) {
    EXPECT_EQ(Take().kind, Taken::Kind::kEmpty);
    Load();
    EXPECT_EQ(Take().kind, Taken::Kind::kEmpty);
    EXPECT_EQ(redis_.Command({"EXISTS", keys_.lease}), "0");
}

TEST_F(RedisStreamTest, TakesEntriesUnderALeaseWithTheEpochOfTheState) {
    Load(4);
    const std::string id = Accept("11 12 13", 5);
    const Taken taken = Take();
    EXPECT_EQ(taken.kind, Taken::Kind::kTaken);
    EXPECT_TRUE(taken.lease_is_new);
    EXPECT_EQ(taken.epoch, 4);
    EXPECT_EQ(taken.cursor, "") << "nothing was pending";
    EXPECT_EQ(redis_.Command({"GET", keys_.lease}), reader_.token);

    const Taken fresh = Take();
    ASSERT_EQ(IdsOf(fresh), Ids{id});
    EXPECT_FALSE(fresh.lease_is_new);
    const QueuedEntry& entry = fresh.entries.front();
    EXPECT_EQ(entry.epoch, 1) << "the entry's own";
    ASSERT_EQ(entry.claims.size(), 3u);
    EXPECT_EQ(entry.claims[2], (Issuance{kCoupon, Sequence{7}, UserId{13},
                                         WallTime{std::chrono::milliseconds(1'700'000'000'000)}}));
    EXPECT_TRUE(Take().entries.empty());
}

TEST_F(RedisStreamTest, RefusesAStateThatIsLoadingOrOfAnotherProcess) {
    Accept("11", 1);
    EXPECT_EQ(Take().kind, Taken::Kind::kNotLoaded);
    redis_.Command({"HSET", keys_.policy, "run", ""});
    EXPECT_EQ(Take().kind, Taken::Kind::kNotLoaded);
    redis_.Command({"HSET", keys_.policy, "run", "another process"});
    EXPECT_EQ(Take().kind, Taken::Kind::kNotLoaded);
    EXPECT_EQ(redis_.Command({"EXISTS", keys_.lease}), "0");
}

TEST_F(RedisStreamTest, LeavesACouponToWhoeverHasItsLease) {
    Load();
    Accept("11", 1);
    Take();
    const Taken taken = TakeAs(other_);
    EXPECT_EQ(taken.kind, Taken::Kind::kHeld);
    EXPECT_GT(taken.held_for, std::chrono::seconds(30));
    ReleaseAll(*session_, other_, std::vector{kCoupon}, kPatience);
    EXPECT_EQ(TakeAs(other_).kind, Taken::Kind::kHeld) << "only its holder gives a lease up";
    ReleaseAll(*session_, reader_, std::vector{kCoupon}, kPatience);
    EXPECT_EQ(TakeAs(other_).kind, Taken::Kind::kTaken);
}

TEST_F(RedisStreamTest, TakesOverWhatACrashedConsumerLeftPending) {
    Load();
    const Ids ids = {Accept("11", 1), Accept("12", 2)};
    Take();
    EXPECT_EQ(IdsOf(Take()), ids);
    redis_.Command({"DEL", keys_.lease});  // as if it had expired
    const Taken over = TakeAs(other_);
    EXPECT_TRUE(over.lease_is_new);
    EXPECT_EQ(IdsOf(over), ids);
}

TEST_F(RedisStreamTest, FindsItsOwnPendingEntriesAfterARestart) {
    Load();
    const std::string id = Accept("11", 1);
    Take();
    EXPECT_EQ(IdsOf(Take()), Ids{id});
    redis_.Command({"DEL", keys_.lease});
    const Reader restarted{.name = "a", .token = "a:2", .lease = std::chrono::seconds(60)};
    EXPECT_EQ(IdsOf(TakeAs(restarted)), Ids{id});
}

TEST_F(RedisStreamTest, FollowsTheCursorThroughAllPendingEntries) {
    Load();
    Ids all;
    for (int i = 1; i <= 25; ++i) all.push_back(Accept("9", i));
    Take();
    ASSERT_EQ(IdsOf(Take()), all);
    redis_.Command({"DEL", keys_.lease});
    Ids found;
    int pages = 0;
    for (Taken taken = Take("", 4);; taken = Take(taken.cursor, 4)) {
        for (std::string& id : IdsOf(taken)) found.push_back(std::move(id));
        ++pages;
        if (taken.cursor.empty()) break;
        ASSERT_LT(pages, 100);
    }
    EXPECT_EQ(found, all);
    EXPECT_GE(pages, 25 / 4);
}

TEST_F(RedisStreamTest, ReadsAboutAsManyClaimsAsWereAskedFor) {
    Load();
    for (int i = 0; i < 20; ++i) Accept("1 2 3 4 5 6 7 8 9 10", 1 + 10 * i);
    Take();
    EXPECT_EQ(Take("", 50).entries.size(), 5u);
    EXPECT_EQ(Take("", 1).entries.size(), 1u) << "never less than one";
}

TEST_F(RedisStreamTest, ReadsLessThanAnEntryTooMuchWhereLargeEntriesStandBeforeSmallOnes) {
    Load();
    std::string many = "1";
    for (std::size_t user = 2; user <= limits::kClaimsPerCallMax; ++user) {
        many += " " + std::to_string(user);
    }
    AcceptMany(20, many);
    AcceptMany(2000, "9");
    constexpr std::size_t kWanted = 1000;
    Take();
    const Taken fresh = Take("", kWanted);
    EXPECT_GE(ClaimsOf(fresh), kWanted);
    EXPECT_LT(ClaimsOf(fresh), kWanted + limits::kClaimsPerCallMax);
    for (int i = 0; i < 30; ++i) Take("", kWanted);
    std::size_t claims = 0;
    std::string cursor = "0-0";
    for (int pages = 0; !cursor.empty(); ++pages) {
        ASSERT_LT(pages, 100);
        const Taken pending = Take(cursor, kWanted);
        EXPECT_LT(ClaimsOf(pending), kWanted + limits::kClaimsPerCallMax);
        claims += ClaimsOf(pending);
        cursor = pending.cursor;
    }
    EXPECT_EQ(claims, 20 * limits::kClaimsPerCallMax + 2000) << "each of them once";
}

TEST_F(RedisStreamTest, ReadsSoManyEntriesAtATimeAtMost) {
    Load();
    AcceptMany(limits::kQueueEntriesPerTakeMax + 500, "9");
    Take();
    EXPECT_EQ(Take("", 50'000).entries.size(), limits::kQueueEntriesPerTakeMax);
    EXPECT_EQ(Take("", 50'000).entries.size(), 500u);
    const Taken pending = Take("0-0", 50'000);
    EXPECT_EQ(pending.entries.size(), limits::kQueueEntriesPerTakeMax);
    EXPECT_EQ(Take(pending.cursor, 50'000).entries.size(), 500u);
}

TEST_F(RedisStreamTest, OnlyRenewsTheLeaseForNoClaims) {
    Load();
    Accept("11", 1);
    Take();
    redis_.Command({"PEXPIRE", keys_.lease, "1000"});
    EXPECT_TRUE(Take("", 0).entries.empty());
    EXPECT_GT(std::stoi(redis_.Command({"PTTL", keys_.lease})), 30'000);
}

TEST_F(RedisStreamTest, ReportsPendingEntriesThatSomebodyDeleted) {
    Load();
    const std::string deleted = Accept("11", 1);
    const std::string kept = Accept("12", 2);
    Take();
    Take();
    redis_.Command({"XDEL", keys_.accepted, deleted});
    const Taken taken = Take("0-0");
    EXPECT_EQ(taken.deleted, Ids{deleted});
    EXPECT_EQ(IdsOf(taken), Ids{kept});
    EXPECT_TRUE(Take("0-0").deleted.empty()) << "told once";
}

TEST_F(RedisStreamTest, ReportsThemInAStreamThatIsEmptyOtherwise) {
    Load();
    const std::string deleted = Accept("11", 1);
    Take();
    Take();
    redis_.Command({"XDEL", keys_.accepted, deleted});
    EXPECT_EQ(Take().kind, Taken::Kind::kEmpty);
    EXPECT_EQ(Take("0-0").deleted, Ids{deleted});
}

TEST_F(RedisStreamTest, ReportsEntriesOfVersionsItDoesNotKnowAndReadsTheOthers) {
    Load();
    const std::string old = Accept("11", 2, "0");
    const std::string future = Accept("12", 3, "2");
    const std::string good = Accept("13", 4);
    Take();
    const Taken taken = Take();
    EXPECT_EQ(IdsOf(taken), Ids{good});
    ASSERT_EQ(taken.unreadable.size(), 2u);
    EXPECT_EQ(taken.unreadable[0].first, old);
    EXPECT_EQ(taken.unreadable[1].first, future);
}

TEST_F(RedisStreamTest, AcknowledgesEntriesAndCountsTheirClaimsOff) {
    Load();
    const std::string first = Accept("11 12", 1);
    const std::string second = Accept("13", 3);
    Take();
    Take();
    const std::vector<EntryAck> acks = {{first, 2}};
    EXPECT_EQ(Acknowledge(*session_, kCoupon, session_->RunId(), acks, "", kPatience),
              AckVerdict::kAcknowledged);
    EXPECT_EQ(redis_.Command({"HGET", keys_.policy, "queued"}), "1");
    EXPECT_EQ(redis_.Command({"XLEN", keys_.accepted}), "1");
    EXPECT_EQ(IdsOf(Take("0-0")), Ids{second}) << "the other one is pending";
    Acknowledge(*session_, kCoupon, session_->RunId(), acks, "", kPatience);
    EXPECT_EQ(redis_.Command({"HGET", keys_.policy, "queued"}), "1") << "twice is once";
}

TEST_F(RedisStreamTest, RefusesAcknowledgementsWhileTheCouponIsLoading) {
    Load();
    const std::string id = Accept("11", 1);
    Take();
    Take();
    redis_.Command({"HSET", keys_.policy, "run", ""});
    const std::vector<EntryAck> acks = {{id, 1}};
    EXPECT_EQ(Acknowledge(*session_, kCoupon, session_->RunId(), acks, "", kPatience),
              AckVerdict::kNotLoaded);
    EXPECT_EQ(redis_.Command({"XLEN", keys_.accepted}), "1");
}

TEST_F(RedisStreamTest, GoesOnAfterRedisForgotItsScripts) {
    Load();
    const std::string id = Accept("11", 1);
    Take();
    redis_.Command({"SCRIPT", "FLUSH"});
    EXPECT_EQ(IdsOf(Take()), Ids{id});
    redis_.Command({"SCRIPT", "FLUSH"});
    const std::vector<EntryAck> acks = {{id, 1}};
    EXPECT_EQ(Acknowledge(*session_, kCoupon, session_->RunId(), acks, "", kPatience),
              AckVerdict::kAcknowledged);
}

TEST_F(RedisStreamTest, EmptiesTheStreamOfARedisThatIsOutOfMemory) {
    Load();
    const std::string id = Accept("11", 1);
    redis_.Command({"CONFIG", "SET", "maxmemory", "1"});
    Take();
    ASSERT_EQ(IdsOf(Take()), Ids{id});
    EXPECT_EQ(Acknowledge(*session_, kCoupon, session_->RunId(), std::vector<EntryAck>{{id, 1}}, "",
                          kPatience),
              AckVerdict::kAcknowledged);
    EXPECT_EQ(redis_.Command({"HGET", keys_.policy, "queued"}), "0");
}

TEST_F(RedisStreamTest, LooksAtWhatWaits) {
    const CouponId other{8};
    const std::vector<CouponId> coupons = {kCoupon, other};
    Load(3);
    redis_.Command({"HSET", keys_.policy, "admitted", "5"});
    Accept("11 12", 1);
    const auto looks = LookAt(*session_, coupons, kPatience);
    ASSERT_TRUE(looks);
    EXPECT_EQ((*looks)[0].counts, (AdmissionCounts{.epoch = 3, .admitted = 5, .queued = 2}));
    EXPECT_EQ((*looks)[0].Claims(), 2);
    EXPECT_GT((*looks)[0].oldest, std::chrono::milliseconds(0));
    EXPECT_LT((*looks)[0].oldest, kPatience);
    EXPECT_EQ((*looks)[1].counts, std::nullopt);
    EXPECT_EQ((*looks)[1].Claims(), 0) << "no stream, no claims";
}

TEST_F(RedisStreamTest, CountsNothingByAStateThatIsLoadingOrOfAnotherProcess) {
    for (const std::string_view run : {"", "another process"}) {
        Load();
        redis_.Command({"HSET", keys_.policy, "admitted", "1"});
        Accept("11", 1);
        redis_.Command({"HSET", keys_.policy, "run", run});
        const auto looks = LookAt(*session_, std::vector{kCoupon}, kPatience);
        ASSERT_TRUE(looks);
        EXPECT_EQ((*looks)[0].Claims(), std::nullopt) << run;
        EXPECT_TRUE((*looks)[0].oldest) << run;
    }
}

TEST_F(RedisStreamTest, LooksAtTheOthersBesideKeysOfAnotherType) {
    Load();
    redis_.Command({"HSET", keys_.policy, "admitted", "1"});
    Accept("11", 1);
    redis_.Command({"SET", admission::RedisKeys(CouponId{8}).policy, "no hash"});
    redis_.Command({"SET", admission::RedisKeys(CouponId{9}).accepted, "no stream"});
    const auto looks = LookAt(*session_, std::vector{CouponId{8}, CouponId{9}, kCoupon}, kPatience);
    ASSERT_TRUE(looks);
    EXPECT_EQ((*looks)[0].counts, std::nullopt);
    EXPECT_EQ((*looks)[1].oldest, std::nullopt);
    EXPECT_EQ((*looks)[1].Claims(), std::nullopt) << "whatever stands there";
    EXPECT_EQ((*looks)[2].Claims(), 1);
}

TEST_F(RedisStreamTest, TellsTheAgeOfTheOldestEntry) {
    Load();
    redis_.Command({"XADD", keys_.accepted, "1700000000000-0", "v", "1"});
    const auto looks = LookAt(*session_, std::vector{kCoupon}, kPatience);
    ASSERT_TRUE(looks);
    EXPECT_GT((*looks)[0].oldest, std::chrono::hours(24));
}

}  // namespace
}  // namespace coupon::queue
