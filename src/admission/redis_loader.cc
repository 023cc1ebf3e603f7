#include "admission/redis_loader.h"
#include "common/limits_distributed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "admission/redis_accepted.h"
#include "admission/redis_scripts.h"
#include "common/parse_number.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_reader.h"

namespace coupon::admission {

/// One attempt to load one coupon.
struct RedisLoader::Run {
    const RedisKeys& keys;
    CouponId id;
    std::string token;
    std::string run_id;  ///< of the Redis that is loaded
    ledger::LedgerCoupon ledger = {};
    std::vector<std::string> piece = {};  ///< user, entry, user, entry, ...
    std::int64_t admitted = 0;
    std::int64_t queued = 0;
    std::int64_t last_sequence = 0;

    void Add(UserId user, Sequence sequence, WallTime issued_at) {
        const auto offset = issued_at - ledger.coupon.issue_start;
        piece.push_back(fmt::to_string(user.value));
        piece.push_back(fmt::format("{}:{}", sequence.value, offset.count()));
        last_sequence = std::max(last_sequence, sequence.value);
    }
    bool PieceIsFull() const { return piece.size() >= 2 * limits::kLoadUsersPerPiece; }
};

namespace {

/// Between two looks at whether another loader is done.
constexpr std::chrono::milliseconds kBusyPause{20};

std::unexpected<Error> CannotLoad(ErrorCode code, std::string detail) {
    return std::unexpected(Error{.code = code,
                                 .operation = "load a coupon into Redis",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = code == ErrorCode::kUnavailable,
                                 .detail = std::move(detail)});
}

/// The lock is another's, or what was filled is gone: this attempt is over, nothing was published.
std::unexpected<Error> Lost() {
    return std::unexpected(Error{.code = ErrorCode::kConflict,
                                 .operation = "load a coupon into Redis",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = true,
                                 .detail = "the loader's lock is lost"});
}

std::string NewToken() {
    std::random_device entropy;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", entropy(), entropy(), entropy(), entropy());
}

std::string Milliseconds(WallTime time) { return fmt::to_string(time.time_since_epoch().count()); }

}  // namespace

RedisLoader::RedisLoader(redis::RedisSession& session, ledger::MysqlCoupons& coupons,
                         ledger::MysqlReader& reader, const RedisLoaderOptions& options)
    : session_(session), coupons_(coupons), reader_(reader), options_(options) {}

Result<LoadedCoupon> RedisLoader::Load(CouponId id) { return LoadUnlessLoaded(id, Force::kNo); }
Result<LoadedCoupon> RedisLoader::Rebuild(CouponId id) { return LoadUnlessLoaded(id, Force::kYes); }

Result<LoadedCoupon> RedisLoader::LoadUnlessLoaded(CouponId id, Force force) {
    const MonotonicTime deadline = std::chrono::steady_clock::now() + options_.patience;
    // Connected first: the epoch that counts is the one the ledger has while this Redis is asked.
    if (auto up = session_.WaitUntilUp(limits::kRedisCallPatience); !up) {
        return std::unexpected(std::move(up.error()));
    }
    // No key is made for a coupon that does not exist.
    auto found = coupons_.Find(id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return CannotLoad(ErrorCode::kNotFound, fmt::format("no coupon {}", id.value));
    const RedisKeys keys(id);
    const std::string lock_ms = fmt::to_string(options_.lock.count());
    const std::string epoch = fmt::to_string((*found)->epoch);
    do {
        if (auto up = session_.WaitUntilUp(limits::kRedisCallPatience); !up) {
            return std::unexpected(std::move(up.error()));
        }
        Run run{.keys = keys, .id = id, .token = NewToken(), .run_id = session_.RunId()};
        const std::array<std::string_view, 5> names = {keys.loader, keys.policy, keys.loading_users,
                                                       keys.users, keys.accepted};
        const std::array<std::string_view, 5> words = {run.token, lock_ms, run.run_id,
                                                       force == Force::kYes ? "1" : "0", epoch};
        auto begun = session_.Run(Scripts().begin_load, names, words, limits::kRedisCallPatience);
        if (!begun) return std::unexpected(std::move(begun.error()));
        if (begun->Text() == "loaded") return ReadLoaded(keys, (*found)->coupon);
        if (begun->Text() == "begun") {
            auto loaded = LoadUnderLock(run);
            if (loaded || loaded.error().code != ErrorCode::kConflict) return loaded;
        }
        std::this_thread::sleep_for(kBusyPause);
    } while (std::chrono::steady_clock::now() < deadline);
    return CannotLoad(ErrorCode::kUnavailable, "another loader is at work for too long");
}

Result<LoadedCoupon> RedisLoader::ReadLoaded(const RedisKeys& keys, const Coupon& coupon) {
    auto policy = session_.Call({"HMGET", keys.policy, "epoch", "admitted", "queued"},
                                limits::kRedisCallPatience);
    if (!policy) return std::unexpected(std::move(policy.error()));
    const auto number = [&](std::size_t index) {
        return ParseWhole<std::int64_t>((*policy)[index].Text()).value_or(0);
    };
    return LoadedCoupon{
        .coupon = coupon, .epoch = number(0), .admitted = number(1), .queued = number(2)};
}

Result<LoadedCoupon> RedisLoader::LoadUnderLock(Run& run) {
    const auto load = [&]() -> Result<LoadedCoupon> {
        auto ledger = coupons_.BeginEpoch(run.id);
        if (!ledger) return std::unexpected(std::move(ledger.error()));
        run.ledger = std::move(*ledger);
        if (auto filled = FillFromStream(run); !filled) return std::unexpected(filled.error());
        if (auto filled = FillFromLedger(run); !filled) return std::unexpected(filled.error());
        return Publish(run);
    };
    auto loaded = load();
    if (!loaded) {
        // So that nobody waits for its expiry; when this fails as well, that is what is left.
        const std::array<std::string_view, 1> names = {run.keys.loader};
        const std::array<std::string_view, 1> words = {run.token};
        (void)session_.Run(Scripts().end_load, names, words, limits::kRedisCallPatience);
    }
    return loaded;
}

// Entries that consumers have read and not acknowledged are here as well. Nothing is added while
// the coupon is not loaded, and nothing removed.
Result<void> RedisLoader::FillFromStream(Run& run) {
    const std::string page = fmt::to_string(limits::kStreamEntriesPerPage);
    std::string from = "-";
    while (true) {
        auto entries = session_.Call({"XRANGE", run.keys.accepted, from, "+", "COUNT", page},
                                     limits::kRedisCallPatience);
        if (!entries) return std::unexpected(std::move(entries.error()));
        for (std::size_t i = 0; i < entries->Size(); ++i) {
            const redis::RedisReply& entry = (*entries)[i];
            auto batch = ParseAccepted(entry[1]);
            if (!batch) {
                return CannotLoad(ErrorCode::kDamaged,
                                  fmt::format("{} entry {}: {}", run.keys.accepted, entry[0].Text(),
                                              batch.error().detail));
            }
            std::int64_t sequence = batch->first.value;
            for (const UserId user : batch->users) {
                run.Add(user, Sequence{sequence++}, batch->issued_at);
                if (!run.PieceIsFull()) continue;
                if (auto sent = SendPiece(run); !sent) return sent;
            }
            run.queued += static_cast<std::int64_t>(batch->users.size());
        }
        // Also an empty piece renews the lock.
        if (auto sent = SendPiece(run); !sent) return sent;
        if (entries->Size() < limits::kStreamEntriesPerPage) return {};
        from = fmt::format("({}", (*entries)[entries->Size() - 1][0].Text());
    }
}

Result<void> RedisLoader::FillFromLedger(Run& run) {
    auto visited =
        reader_.VisitIssuances(run.id, Sequence{}, [&](const Issuance& row) -> Result<void> {
            run.Add(row.user_id, row.sequence, row.issued_at);
            return run.PieceIsFull() ? SendPiece(run) : Result<void>{};
        });
    if (!visited) return visited;
    return SendPiece(run);
}

Result<void> RedisLoader::SendPiece(Run& run) {
    const std::string lock_ms = fmt::to_string(options_.lock.count());
    std::vector<std::string_view> words = {run.token, lock_ms};
    words.insert(words.end(), run.piece.begin(), run.piece.end());
    const std::array<std::string_view, 2> names = {run.keys.loader, run.keys.loading_users};
    auto added = session_.Run(Scripts().fill_load, names, words, limits::kRedisCallPatience);
    if (!added) return std::unexpected(std::move(added.error()));
    const std::int64_t count = added->Integer().value_or(-1);
    if (count < 0) return Lost();
    run.admitted += count;
    run.piece.clear();
    return {};
}

Result<LoadedCoupon> RedisLoader::Publish(Run& run) {
    const Coupon& coupon = run.ledger.coupon;
    const std::array<std::string_view, 4> names = {run.keys.loader, run.keys.policy,
                                                   run.keys.loading_users, run.keys.users};
    const std::vector<std::string> fields = {
        run.token,
        run.run_id,
        fmt::to_string(run.ledger.epoch),
        fmt::to_string(static_cast<int>(coupon.state)),
        Milliseconds(coupon.issue_start),
        Milliseconds(coupon.issue_end),
        coupon.total_quantity ? fmt::to_string(*coupon.total_quantity) : "",
        fmt::to_string(run.last_sequence + 1),
        fmt::to_string(run.admitted),
        fmt::to_string(run.queued),
        fmt::to_string(run.ledger.last_change)};
    const std::vector<std::string_view> words(fields.begin(), fields.end());
    auto published = session_.Run(Scripts().publish_load, names, words, limits::kRedisCallPatience);
    if (!published) return std::unexpected(std::move(published.error()));
    if (published->Text() != "published") return Lost();

    // Hints only: consumers sweep the ledger as well, and what is cached ends by itself.
    const std::string id = fmt::to_string(run.id.value);
    std::vector<redis::RedisCommand> hints;
    hints.push_back({"SADD", kActiveCouponsKey, id});
    hints.push_back({"PUBLISH", kChangedChannel, id});
    session_.CallAll(std::move(hints), limits::kRedisCallPatience);
    return LoadedCoupon{.coupon = coupon,
                        .epoch = run.ledger.epoch,
                        .admitted = run.admitted,
                        .queued = run.queued};
}

Result<void> RedisLoader::Unload(CouponId id) {
    const RedisKeys keys(id);
    const std::array<std::string_view, 5> names = {keys.policy, keys.users, keys.accepted,
                                                   keys.loader, keys.loading_users};
    auto unloaded = session_.Run(Scripts().unload, names, {}, limits::kRedisCallPatience);
    if (!unloaded) return std::unexpected(std::move(unloaded.error()));
    if (unloaded->Text() == "loading") {
        return CannotLoad(ErrorCode::kConflict, "the coupon is being loaded");
    }
    if (unloaded->Text() == "queued") {
        return CannotLoad(ErrorCode::kConflict, "claims of the coupon wait for the ledger");
    }
    // A hint only, as in Publish.
    (void)session_.Call({"SREM", kActiveCouponsKey, fmt::to_string(id.value)},
                        limits::kRedisCallPatience);
    return {};
}

}  // namespace coupon::admission
