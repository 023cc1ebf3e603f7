#include "admission/restore.h"

#include <fmt/format.h>

#include <vector>

#include "admission/engine_rules.h"

namespace coupon::admission {
namespace {

std::unexpected<Error> CounterOff(const ledger::SqliteLedger::StoredCoupon& stored,
                                  std::int64_t rows) {
    return Damaged(fmt::format("coupon {}: issued_quantity is {}, but {} issuances are stored",
                               stored.coupon.id.value, stored.issued_quantity, rows));
}

/// Restores in groups of kAtOnce: the slots of a whole group are prefetched before the first is
/// used, as each is a cache miss at 10 million holders. Flush after the last Take.
class IssuanceRestorer {
public:
    explicit IssuanceRestorer(Engine& engine) : engine_(engine) { waiting_.reserve(kAtOnce); }

    Result<void> Take(const ledger::SqliteLedger::StoredIssuance& stored) {
        engine_.PrefetchHolder(stored.issuance);
        waiting_.push_back(stored);
        return waiting_.size() < kAtOnce ? Result<void>() : Flush();
    }

    Result<void> Flush() {
        for (const auto& stored : waiting_) {
            auto done = engine_.RestoreIssuance(stored.issuance, stored.redeemed);
            if (!done) return done;
        }
        waiting_.clear();
        return {};
    }

private:
    static constexpr std::size_t kAtOnce = 32;

    Engine& engine_;
    std::vector<ledger::SqliteLedger::StoredIssuance> waiting_;
};

}  // namespace

Result<void> RestoreEngine(Engine& engine, ledger::SqliteLedger& ledger) {
    const auto coupons = ledger.LoadCoupons();
    if (!coupons) return std::unexpected(coupons.error());
    for (const auto& stored : *coupons) {
        auto restored = engine.RestoreCoupon(stored.coupon, stored.issued_quantity);
        if (!restored) return restored;
    }
    IssuanceRestorer restorer(engine);
    const auto loaded = ledger.LoadIssuances(
        [&](const ledger::SqliteLedger::StoredIssuance& stored) { return restorer.Take(stored); });
    if (!loaded) return loaded;
    if (auto flushed = restorer.Flush(); !flushed) return flushed;
    for (const auto& stored : *coupons) {
        const std::int64_t rows = engine.FindCoupon(stored.coupon.id)->issued;
        if (rows != stored.issued_quantity) return CounterOff(stored, rows);
    }
    return {};
}

}  // namespace coupon::admission
