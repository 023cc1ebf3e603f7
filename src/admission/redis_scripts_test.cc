// The scripts of loading, changing and unloading, against a real Redis.

#include "admission/redis_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "admission/redis_fixture.h"

namespace coupon::admission {
namespace {

using ::testing::HasSubstr;

class LoadScripts : public RedisScriptTest {
protected:
    /// `epoch`: that of the ledger.
    std::string Begin(const std::string& token, const std::string& force = "0",
                      const std::string& epoch = "4") {
        return Text(Scripts().begin_load,
                    {keys_.loader, keys_.policy, keys_.loading_users, keys_.users, keys_.accepted},
                    {token, "60000", session_->RunId(), force, epoch});
    }
    std::string Fill(const std::string& token, Words users, const std::string& lock_ms = "60000") {
        users.insert(users.begin(), {token, lock_ms});
        return Text(Scripts().fill_load, {keys_.loader, keys_.loading_users}, users);
    }
    std::string Publish(const std::string& token, const std::string& admitted) {
        return Text(
            Scripts().publish_load, {keys_.loader, keys_.policy, keys_.loading_users, keys_.users},
            {token, session_->RunId(), "4", "1", "100", "200", "9", "8", admitted, "3", "77"});
    }
};

TEST_F(LoadScripts, PublishWhatWasFilledUnderOneToken) {
    Do({"HSET", keys_.users, "1", "1:0"});
    ASSERT_EQ(Begin("a"), "begun");
    EXPECT_EQ(Policy("run"), "") << "closed while loading";
    EXPECT_EQ(Do({"EXISTS", keys_.users}), "0");
    EXPECT_EQ(Fill("a", {"5", "1:0", "6", "2:9"}), "2");
    EXPECT_EQ(Fill("a", {"6", "2:7"}), "0") << "the last word counts";
    EXPECT_EQ(Fill("a", {}), "0") << "only renews";
    EXPECT_EQ(Publish("a", "2"), "published");
    EXPECT_EQ(Do({"HMGET", keys_.policy, "run", "epoch", "state", "start", "end", "total", "next",
                  "admitted", "queued", "change"}),
              "(" + session_->RunId() + " 4 1 100 200 9 8 2 3 77)");
    EXPECT_EQ(Do({"HMGET", keys_.users, "1", "5", "6"}), "(nil 1:0 2:7)");
    EXPECT_EQ(Do({"EXISTS", keys_.loader, keys_.loading_users}), "0");
    EXPECT_EQ(Begin("b"), "loaded");
    EXPECT_EQ(Begin("b", "1"), "begun") << "a rebuild begins all the same";
}

TEST_F(LoadScripts, PublishACouponOfWhichNobodyHoldsOne) {
    Do({"HSET", keys_.users, "1", "1:0"});
    ASSERT_EQ(Begin("a"), "begun");
    EXPECT_EQ(Publish("a", "0"), "published");
    EXPECT_EQ(Do({"EXISTS", keys_.users}), "0");
}

TEST_F(LoadScripts, MakeTheConsumersGroupOnceAndFromTheFirstEntry) {
    Do({"XADD", keys_.accepted, "*", "v", "1"});
    ASSERT_EQ(Begin("a"), "begun");
    EXPECT_THAT(Do({"XREADGROUP", "GROUP", "ledger", "c", "STREAMS", keys_.accepted, ">"}),
                HasSubstr("(v 1)"));
    Do({"DEL", keys_.loader});
    ASSERT_EQ(Begin("b"), "begun") << "BUSYGROUP is no error";
    EXPECT_EQ(Do({"XINFO", "GROUPS", keys_.accepted}).substr(0, 28),
              "((name ledger consumers 1 pe");
    Do({"DEL", keys_.loader, keys_.accepted});
    Do({"SET", keys_.accepted, "x"});
    EXPECT_THAT(Begin("c"), HasSubstr("WRONGTYPE"));
}

TEST_F(LoadScripts, TakeNothingForLoadedThatTheLedgerIsAheadOf) {
    ASSERT_EQ(Begin("a"), "begun");
    ASSERT_EQ(Publish("a", "0"), "published");
    EXPECT_EQ(Begin("b", "0", "3"), "loaded") << "read before this epoch began";
    EXPECT_EQ(Begin("b", "0", "5"), "begun");
    EXPECT_EQ(Policy("run"), "") << "closed";
}

TEST_F(LoadScripts, KeepASecondLoaderOut) {
    ASSERT_EQ(Begin("a"), "begun");
    EXPECT_EQ(Begin("b"), "busy");
    EXPECT_EQ(Begin("b", "1"), "busy");
    EXPECT_EQ(Fill("b", {"5", "1:0"}), "-1");
    EXPECT_EQ(Publish("b", "0"), "lost");
    EXPECT_EQ(Fill("a", {"6", "1:0"}), "1");
    EXPECT_EQ(Do({"HKEYS", keys_.loading_users}), "(6)");
}

TEST_F(LoadScripts, RefuseALoaderWhoseLockIsGone) {
    ASSERT_EQ(Begin("a"), "begun");
    ASSERT_EQ(Fill("a", {"6", "1:0"}), "1");
    Do({"FLUSHALL"});
    EXPECT_EQ(Fill("a", {"7", "2:0"}), "-1");
    EXPECT_EQ(Publish("a", "1"), "lost");
    ASSERT_EQ(Begin("b"), "begun");
    EXPECT_EQ(Publish("a", "0"), "lost");
    EXPECT_EQ(Publish("b", "1"), "lost") << "a user is missing";
    EXPECT_EQ(Policy("run"), "");
}

TEST_F(LoadScripts, GiveTheirLockBackAndNoOther) {
    const auto end = [&](const std::string& token) {
        return Text(Scripts().end_load, {keys_.loader}, {token});
    };
    ASSERT_EQ(Begin("a"), "begun");
    EXPECT_EQ(end("b"), "0");
    EXPECT_EQ(Begin("b"), "busy");
    EXPECT_EQ(end("a"), "1");
    EXPECT_EQ(Begin("b"), "begun");
}

TEST_F(LoadScripts, RenewTheLockWithEveryPiece) {
    ASSERT_EQ(Begin("a"), "begun");
    EXPECT_EQ(Fill("a", {"6", "1:0"}, "600000"), "1");
    EXPECT_GT(std::stoll(Do({"PTTL", keys_.loader})), 60'000);
}

class ChangeScript : public RedisScriptTest {
protected:
    std::string Change(const std::string& id, const std::string& delta,
                       const std::string& state = "", const std::string& end = "") {
        return Text(Scripts().change, {keys_.policy}, {run_, id, delta, state, end});
    }

    std::string run_ = session_->RunId();
};

TEST_F(ChangeScript, AppliesAChangeOnce) {
    LoadByHand("10");
    EXPECT_EQ(Change("5", "3"), "(applied 13 0 1)");
    EXPECT_EQ(Change("5", "3"), "(applied 13 0 1)");
    EXPECT_EQ(Change("4", "3"), "(applied 13 0 1)") << "an older one, too";
    EXPECT_EQ(Change("6", "-13", "1", "253402300799999"), "(applied 0 0 1)");
    EXPECT_EQ(Do({"HMGET", keys_.policy, "total", "state", "end", "change"}),
              "(0 1 253402300799999 6)");
}

TEST_F(ChangeScript, RefusesWhatCannotBe) {
    LoadByHand("10");
    SetPolicy("admitted", "8");
    EXPECT_EQ(Change("5", "-3", "1"),
              "(refused 8 of 10 are admitted: the stock can be cut by 2 at most)");
    EXPECT_EQ(Do({"HMGET", keys_.policy, "total", "state", "change"}), "(10 0 0)")
        << "whole or not at all";
    EXPECT_EQ(Change("6", "-2"), "(applied 8 8 1)");
    SetPolicy("total", "5");
    EXPECT_EQ(Change("7", "1"), "(applied 6 8 1)") << "what adds is never refused";
    EXPECT_EQ(Change("8", "0", "2"), "(applied 6 8 1)");
    EXPECT_EQ(Change("9", "0", "0"), "(refused a closed coupon stays closed)");
    EXPECT_EQ(Change("10", "0", "2"), "(applied 6 8 1)");
    SetPolicy("total", "");
    EXPECT_THAT(Change("11", "1"), HasSubstr("unlimited"));
    EXPECT_EQ(Change("12", "0", "", "5"), "(applied  8 1)");
}

TEST_F(ChangeScript, ChangesNothingThatIsNotLoaded) {
    EXPECT_EQ(Change("5", "3"), "(not_loaded)");
    LoadByHand("10");
    run_ = std::string(40, '0');
    EXPECT_EQ(Change("5", "3"), "(not_loaded)");
    SetPolicy("run", "");
    run_ = "";
    EXPECT_EQ(Change("5", "3"), "(not_loaded)");
    EXPECT_EQ(Policy("total"), "10");
}

class UnloadScript : public RedisScriptTest {
protected:
    std::string Unload() {
        return Text(Scripts().unload,
                    {keys_.policy, keys_.users, keys_.accepted, keys_.loader, keys_.loading_users},
                    {});
    }
};

TEST_F(UnloadScript, ForgetsACouponOfWhichNothingWaits) {
    LoadByHand("10");
    Do({"HSET", keys_.users, "1", "1:0"});
    const std::string entry = Do({"XADD", keys_.accepted, "*", "v", "1"});
    EXPECT_EQ(Unload(), "queued");
    Do({"XDEL", keys_.accepted, entry});
    Do({"SET", keys_.loader, "a"});
    EXPECT_EQ(Unload(), "loading");
    EXPECT_EQ(Do({"EXISTS", keys_.policy, keys_.users}), "2");
    Do({"DEL", keys_.loader});
    EXPECT_EQ(Unload(), "unloaded");
    EXPECT_EQ(Do({"DBSIZE"}), "0");
    EXPECT_EQ(Unload(), "unloaded");
}

}  // namespace
}  // namespace coupon::admission
