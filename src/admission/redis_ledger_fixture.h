#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/redis_accepted.h"
#include "admission/redis_fixture.h"
#include "admission/redis_loader.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_issuance_writer.h"
#include "ledger/mysql_reader.h"
#include "ledger/mysql_test_database.h"

namespace coupon::admission {

/// A real Redis and a real database.
class RedisLedgerTest : public ledger::MysqlTestDatabase {
protected:
    std::string Do(std::initializer_list<std::string_view> command) {
        auto reply = session_->Call(redis::RedisCommand(command), kTestPatience);
        return reply ? TextOf(*reply) : "error: " + reply.error().detail;
    }
    /// Open for a day around now; only in the ledger.
    CouponId NewCoupon(std::optional<std::int64_t> total) {
        const auto now =
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        Coupon coupon = ledger::SomeCoupon();
        coupon.total_quantity = total;
        coupon.issue_start = now - std::chrono::hours{12};
        coupon.issue_end = now + std::chrono::hours{12};
        return ledger::Must(coupons_.Create(coupon, "test")).coupon.id;
    }
    ledger::LedgerCoupon InLedger(CouponId id) { return *ledger::Must(coupons_.Find(id)); }
    std::string Policy(CouponId id, std::string_view field) {
        return Do({"HGET", RedisKeys(id).policy, field});
    }
    /// One call of the script: "SEQUENCE SEQUENCE ..." of those admitted, or the refusal.
    std::string Claim(CouponId id, const std::vector<std::string>& users) {
        const RedisKeys keys(id);
        const std::string run = session_->RunId();
        const std::string epoch = Policy(id, "epoch");
        const std::vector<std::string_view> names = {keys.policy, keys.users, keys.accepted};
        std::vector<std::string_view> words = {run, epoch, "1000000"};
        words.insert(words.end(), users.begin(), users.end());
        auto reply = session_->Run(Scripts().claim, names, words, kTestPatience);
        if (!reply) return reply.error().detail;
        if ((*reply)[0].Text() != "ok") return TextOf(*reply);
        std::string text;
        for (std::int64_t i = 0; i < *(*reply)[4].Integer(); ++i) {
            text += std::to_string(*(*reply)[3].Integer() + i) + " ";
        }
        return text + std::string((*reply)[5].Text());
    }
    /// What a consumer does with the first entry but for its acknowledgement.
    void WriteFirstEntry(CouponId id) {
        auto entries = session_->Call({"XRANGE", RedisKeys(id).accepted, "-", "+", "COUNT", "1"},
                                      kTestPatience);
        auto batch = ParseAccepted((*entries)[0][1]);
        ASSERT_TRUE(batch);
        std::vector<Issuance> rows;
        std::int64_t sequence = batch->first.value;
        for (const UserId user : batch->users) {
            rows.push_back({id, Sequence{sequence++}, user, batch->issued_at});
        }
        ledger::MysqlIssuanceWriter writer(*pool_);
        const auto report = ledger::Must(writer.Write(id, InLedger(id).epoch, rows));
        ASSERT_EQ(report.verdict, ledger::WriteVerdict::kWritten);
    }

    support::RedisServer redis_;
    std::unique_ptr<redis::RedisSession> session_ = ConnectTo(redis_);
    std::unique_ptr<ledger::MysqlPool> pool_ = MakeMigratedPool();
    ledger::MysqlCoupons coupons_{*pool_};
    ledger::MysqlReader reader_{*pool_};
    RedisLoader loader_{*session_, coupons_, reader_};
};

}  // namespace coupon::admission
