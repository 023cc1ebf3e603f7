#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/api/embedded_query_store.h"
#include "http/api/query_store.h"

/// A QueryStore for tests of routes.
namespace coupon::http::api {

/// What the store answers; guarded by the order of a test: told before it is asked.
struct Told {
    std::map<std::int64_t, admission::ClaimRecord> claims;  ///< of coupon 1, by user
    std::map<std::int64_t, ledger::DeadLetter> letters;
    std::optional<Error> failure;
};

inline std::unexpected<Error> Failed(ErrorCode code, std::string detail = "") {
    return std::unexpected(Error{
        .code = code, .operation = "test", .retry_is_safe = true, .detail = std::move(detail)});
}

class ToldLookup final : public admission::ClaimLookup {
public:
    explicit ToldLookup(const Told& told) : told_(told) {}

    Result<std::optional<admission::CouponView>> FindCoupon(CouponId id) override {
        if (told_.failure) return std::unexpected(*told_.failure);
        if (id != CouponId{1}) return std::nullopt;
        admission::CouponView view{.coupon = {}, .issued = 2, .remaining = 8};
        view.coupon.id = id;
        return view;
    }
    Result<std::vector<admission::CouponView>> ListCoupons(CouponId after, std::size_t) override {
        if (told_.failure) return std::unexpected(*told_.failure);
        std::vector<admission::CouponView> views;
        if (after < CouponId{1}) views.push_back(**FindCoupon(CouponId{1}));
        return views;
    }
    Result<std::optional<admission::ClaimRecord>> FindClaim(CouponId id, UserId user) override {
        if (told_.failure) return std::unexpected(*told_.failure);
        if (id != CouponId{1}) return Failed(ErrorCode::kNotFound);
        const auto found = told_.claims.find(user.value);
        if (found == told_.claims.end()) return std::nullopt;
        return found->second;
    }
    Result<std::vector<admission::ClaimRecord>> HoldingsOf(UserId user) override {
        std::vector<admission::ClaimRecord> held;
        if (const auto claim = FindClaim(CouponId{1}, user); claim && *claim)
            held.push_back(**claim);
        return held;
    }
    Result<std::vector<ledger::IssuanceRow>> Issuances(CouponId id, Sequence after, Sequence,
                                                       std::size_t) override {
        std::vector<ledger::IssuanceRow> rows;
        if (after < Sequence{3}) rows.push_back({{id, Sequence{3}, UserId{9}, WallTime{}}, {}});
        return rows;
    }

private:
    const Told& told_;
};

class ToldOperator final : public OperatorStore {
public:
    explicit ToldOperator(Told& told) : told_(told) {}

    Result<RebuiltCoupon> Rebuild(CouponId coupon) override {
        if (coupon != CouponId{1}) return Failed(ErrorCode::kNotFound);
        return RebuiltCoupon{.coupon_id = coupon, .epoch = 3, .admitted = 2, .queued = 1};
    }
    Result<std::vector<ledger::DeadLetter>> DeadLetters(const DeadLetterQuery& query) override {
        std::vector<ledger::DeadLetter> page;
        for (const auto& [id, letter] : told_.letters) {
            const bool wanted =
                id > query.after && (!query.status || letter.status == *query.status);
            if (wanted && page.size() < query.limit) page.push_back(letter);
        }
        return page;
    }
    Result<ledger::DeadLetter> FindDeadLetter(std::int64_t id) override {
        const auto found = told_.letters.find(id);
        if (found == told_.letters.end()) return Failed(ErrorCode::kNotFound);
        return found->second;
    }
    Result<ledger::DeadLetter> RetryDeadLetter(std::int64_t id) override {
        return Settle(id, ledger::DeadLetterStatus::kRetried);
    }
    Result<ledger::DeadLetter> DropDeadLetter(std::int64_t id) override {
        return Settle(id, ledger::DeadLetterStatus::kDropped);
    }

private:
    Result<ledger::DeadLetter> Settle(std::int64_t id, ledger::DeadLetterStatus status) {
        if (!FindDeadLetter(id)) return Failed(ErrorCode::kNotFound);
        ledger::DeadLetter& letter = told_.letters.at(id);
        if (letter.status != ledger::DeadLetterStatus::kOpen) {
            return Failed(ErrorCode::kConflict, "the letter is not open");
        }
        letter.status = status;
        return letter;
    }

    Told& told_;
};

class ToldStore final : public QueryStore {
public:
    explicit ToldStore(Told& told) : lookup_(told), operator_(told) {}

    admission::ClaimLookup& Lookup() override { return lookup_; }
    OperatorStore& Operator() override { return operator_; }
    Result<ledger::AuditReport> Audit() override { return ledger::AuditReport{}; }
    Result<ledger::BackupResult> Backup(WallTime) override {
        return NotSupported("backup", "Use the database's own tools.");
    }
    void Interrupt() override {}

private:
    ToldLookup lookup_;
    ToldOperator operator_;
};

}  // namespace coupon::http::api
