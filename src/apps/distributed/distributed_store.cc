#include "apps/distributed/distributed_store.h"

#include <array>
#include <chrono>
#include <map>
#include <utility>

#include "admission/redis_keys.h"
#include "apps/distributed/letter_retry.h"
#include "common/limits.h"
#include "common/limits_distributed.h"
#include "common/parse_number.h"
#include "http/api/embedded_query_store.h"
#include "redis/redis_script.h"

namespace coupon {
namespace {

using ledger::DeadLetter;
using ledger::DeadLetterStatus;

constexpr WallTime kAnyTime{};

std::unexpected<Error> NoSuchLetter() {
    return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                 .operation = "dead letter",
                                 .detail = "there is no such dead letter"});
}

std::unexpected<Error> LetterConflict(std::string detail) {
    return std::unexpected(Error{
        .code = ErrorCode::kConflict, .operation = "dead letter", .detail = std::move(detail)});
}

std::unexpected<Error> NotOpen() { return LetterConflict("The dead letter is not open."); }

/// All of a coupon's counts at one moment.
const redis::RedisScript& CountScript() {
    static const redis::RedisScript kScript(
        "local policy = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'admitted', 'queued') "
        "return {policy[1] or '', policy[2] or '', policy[3] or '', policy[4] or '', "
        "redis.call('HLEN', KEYS[2])}");
    return kScript;
}

}  // namespace

Result<http::api::RebuiltCoupon> DistributedOperator::Rebuild(CouponId coupon) {
    const auto loaded = admission_.Rebuild(coupon);
    if (!loaded) return std::unexpected(loaded.error());
    return http::api::RebuiltCoupon{.coupon_id = coupon,
                                    .epoch = loaded->epoch,
                                    .admitted = loaded->admitted,
                                    .queued = loaded->queued};
}

Result<std::vector<DeadLetter>> DistributedOperator::DeadLetters(
    const http::api::DeadLetterQuery& query) {
    return letters_.List(query.after, query.limit, query.status);
}

Result<DeadLetter> DistributedOperator::FindDeadLetter(std::int64_t id) {
    auto letter = letters_.Find(id);
    if (!letter) return std::unexpected(std::move(letter).error());
    if (!*letter) return NoSuchLetter();
    return **std::move(letter);
}

Result<DeadLetter> DistributedOperator::Settle(std::int64_t id, DeadLetterStatus to) {
    auto letter = FindDeadLetter(id);
    if (!letter) return letter;
    const auto changed = letters_.SetStatus(id, DeadLetterStatus::kOpen, to);
    if (!changed) return std::unexpected(changed.error());
    if (!*changed) return NotOpen();
    letter->status = to;
    return letter;
}

// The claim first: of a letter that is called retried nothing may be missing, whenever this process
// dies. Two who retry it offer one claim twice, which is once.
Result<DeadLetter> DistributedOperator::RetryDeadLetter(std::int64_t id) {
    auto letter = FindDeadLetter(id);
    if (!letter) return letter;
    if (letter->status != DeadLetterStatus::kOpen) return NotOpen();
    queue::ClaimRescue rescue(session_, loader_);
    ledger::MysqlIssuanceWriter writer(pool_);
    auto retried = RetryClaim(*letter, rescue, writer);
    if (!retried) return std::unexpected(std::move(retried).error());
    if (!retried->settled) {
        return LetterConflict("The claim cannot be written: " + retried->why);
    }
    return Settle(id, DeadLetterStatus::kRetried);
}

Result<DeadLetter> DistributedOperator::DropDeadLetter(std::int64_t id) {
    return Settle(id, DeadLetterStatus::kDropped);
}

Result<std::unique_ptr<http::api::QueryStore>> DistributedStore::Open(
    admission::RedisAdmission& admission, ledger::MysqlPool& pool,
    const redis::RedisOptions& redis) {
    auto session = redis::RedisSession::Create(redis);
    if (!session) return std::unexpected(std::move(session).error());
    std::unique_ptr<DistributedStore> store(
        new DistributedStore(admission, pool, *std::move(session)));
    auto lookup =
        admission::RedisLookup::Create(redis, store->coupons_, store->reader_,
                                       [&admission](CouponId id) { return admission.Load(id); });
    if (!lookup) return std::unexpected(std::move(lookup).error());
    store->lookup_ = *std::move(lookup);
    return std::unique_ptr<http::api::QueryStore>(std::move(store));
}

DistributedStore::DistributedStore(admission::RedisAdmission& admission, ledger::MysqlPool& pool,
                                   std::unique_ptr<redis::RedisSession> session)
    : coupons_(pool),
      reader_(pool),
      letters_(pool),
      session_(std::move(session)),
      loader_(*session_, coupons_, reader_),
      operator_(admission, pool, *session_, loader_) {}

void DistributedStore::Interrupt() {
    interrupted_.store(true, std::memory_order_relaxed);
    session_->Interrupt();
    lookup_->Interrupt();
}

Result<ledger::BackupResult> DistributedStore::Backup(WallTime) {
    return http::api::NotSupported("backup",
                                   "The ledger is a database: use its own tools for a copy.");
}

Result<void> DistributedStore::StillWanted() const {
    if (!interrupted_.load(std::memory_order_relaxed)) return {};
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .operation = "audit",
                                 .retry_is_safe = true,
                                 .detail = "broken off"});
}

Result<ledger::AuditReport> DistributedStore::Audit() {
    const auto ids = coupons_.Draining(kAnyTime);
    if (!ids) return std::unexpected(ids.error());
    std::vector<AuditedCoupon> coupons;
    for (const CouponId id : *ids) {
        auto coupon = AuditOne(id);
        if (!coupon) return std::unexpected(std::move(coupon).error());
        coupons.push_back(*std::move(coupon));
    }
    // Last: a claim that was acknowledged above has its letter by now.
    const auto letters = CountLetters();
    if (!letters) return std::unexpected(letters.error());
    DistributedAudit audit;
    for (AuditedCoupon& coupon : coupons) {
        if (const auto found = letters->find(coupon.id); found != letters->end()) {
            coupon.dead_letters = found->second;
        }
        audit.Add(coupon);
    }
    return audit.Take();
}

Result<std::map<CouponId, std::int64_t>> DistributedStore::CountLetters() {
    std::map<CouponId, std::int64_t> letters;
    for (std::int64_t after = 0;;) {
        const auto page = letters_.List(after, limits::kPageSizeMax, std::nullopt);
        if (!page) return std::unexpected(page.error());
        for (const DeadLetter& letter : *page) ++letters[letter.coupon_id];
        if (page->size() < limits::kPageSizeMax) return letters;
        after = page->back().id;
    }
}

Result<AuditedCoupon> DistributedStore::AuditOne(CouponId id) {
    const auto gone = [] {
        return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                     .operation = "audit",
                                     .retry_is_safe = true,
                                     .detail = "a coupon was deleted meanwhile"});
    };
    AuditedCoupon audited;
    audited.id = id;
    if (auto read = ReadAdmitted(audited, audited.admitted_before); !read) {
        return std::unexpected(read.error());
    }
    auto ledger = coupons_.Find(id);
    if (!ledger) return std::unexpected(std::move(ledger).error());
    if (!*ledger) return gone();
    audited.ledger_before = **std::move(ledger);
    const auto rows = reader_.CountIssuances(id);
    if (!rows) return std::unexpected(rows.error());
    audited.rows = *rows;
    ledger = coupons_.Find(id);
    if (!ledger) return std::unexpected(std::move(ledger).error());
    if (!*ledger) return gone();
    audited.ledger_after = **std::move(ledger);
    if (auto read = ReadAdmitted(audited, audited.admitted_after); !read) {
        return std::unexpected(read.error());
    }
    if (auto counted = CountRedemptions(audited); !counted) {
        return std::unexpected(counted.error());
    }
    return audited;
}

/// What cannot be read of one coupon is a finding; it does not hide the others.
Result<void> DistributedStore::ReadAdmitted(AuditedCoupon& coupon,
                                            std::optional<AdmittedCounts>& counts) {
    auto admitted = Admitted(coupon.id);
    if (admitted) {
        counts = *admitted;
    } else if (admitted.error().code == ErrorCode::kDamaged) {
        coupon.damage = admitted.error().detail;
    } else {
        return std::unexpected(std::move(admitted).error());
    }
    return {};
}

Result<void> DistributedStore::CountRedemptions(AuditedCoupon& coupon) {
    const Money minimum = coupon.ledger_before.coupon.minimum_price;
    Sequence after{};
    while (after < coupon.rows.last) {
        if (auto wanted = StillWanted(); !wanted) return wanted;
        const auto page =
            reader_.Issuances(coupon.id, after, coupon.rows.last, limits::kLedgerRowsPerPiece);
        if (!page) return std::unexpected(page.error());
        if (page->empty()) break;
        for (const ledger::IssuanceRow& row : *page) {
            if (!row.redemption) continue;
            ++coupon.redemptions;
            if (row.redemption->order_amount < minimum) ++coupon.redemptions_below_minimum;
        }
        after = page->back().issuance.sequence;
    }
    return StillWanted();
}

Result<std::optional<AdmittedCounts>> DistributedStore::Admitted(CouponId id) {
    const admission::RedisKeys keys(id);
    const std::array<std::string_view, 2> names = {keys.policy, keys.users};
    const auto reply = session_->Run(CountScript(), names, {}, limits::kRedisCallPatience);
    if (!reply) return std::unexpected(reply.error());
    if ((*reply)[0].Text().empty() || (*reply)[0].Text() != session_->RunId()) return std::nullopt;
    const auto number = [&reply](std::size_t index) {
        return ParseWhole<std::int64_t>((*reply)[index].Text());
    };
    const auto epoch = number(1);
    const auto admitted = number(2);
    const auto queued = number(3);
    const auto users = (*reply)[4].Integer();
    if (!epoch || !admitted || !queued || !users) {
        return std::unexpected(
            Error{.code = ErrorCode::kDamaged,
                  .operation = "audit",
                  .detail = "the policy of a coupon in Redis cannot be read: " + keys.policy});
    }
    return AdmittedCounts{*epoch, *admitted, *users, *queued};
}

}  // namespace coupon
