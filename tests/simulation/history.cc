#include "tests/simulation/history.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <string_view>

namespace coupon::simulation {
namespace {

/// FNV-1a over numbers.
class Hash {
public:
    void Add(std::initializer_list<std::int64_t> numbers) {
        for (const std::int64_t number : numbers) {
            value_ = (value_ ^ static_cast<std::uint64_t>(number)) * 0x100000001B3;
        }
    }
    std::uint64_t Value() const { return value_; }

private:
    std::uint64_t value_ = 0xCBF29CE484222325;
};

std::int64_t Ms(WallTime time) { return time.time_since_epoch().count(); }

std::string_view ToString(Ask ask) {
    constexpr std::array<std::string_view, 4> kWords = {"claim", "redeem", "undo", "look"};
    return kWords[static_cast<std::size_t>(ask)];
}

}  // namespace

std::uint64_t HashOf(const History& history, const Stored& stored) {
    Hash hash;
    for (const Operation& one : history.operations) {
        hash.Add({static_cast<std::int64_t>(one.ask), one.coupon.value, one.user.value, one.asked,
                  one.answered, static_cast<std::int64_t>(one.outcome), one.sequence.value,
                  Ms(one.issued_at)});
    }
    for (const Change& change : history.changes) {
        hash.Add({change.coupon.value, change.asked, change.answered,
                  static_cast<std::int64_t>(change.fate), change.delta, change.stock.value_or(-1)});
    }
    for (const Sighting& seen : history.sightings) {
        hash.Add({seen.coupon.value, seen.at, seen.stock.value_or(-1), seen.issued});
    }
    for (const Tick tick : history.disk_errors) hash.Add({tick});
    for (const Tick tick : history.starts) hash.Add({tick});
    for (const auto& row : stored.rows) {
        hash.Add({row.issuance.coupon_id.value, row.issuance.sequence.value,
                  row.issuance.user_id.value, Ms(row.issuance.issued_at), row.redeemed ? 1 : 0});
    }
    return hash.Value();
}

std::string Print(const History& history, CouponId coupon, UserId user) {
    std::string text;
    for (const Operation& one : history.operations) {
        if (user.value != 0 && (one.coupon != coupon || one.user != user)) continue;
        text += fmt::format(
            "  {:>5} - {:<5} coupon {} user {} {}: {}", one.asked,
            one.answered == kNever ? std::string("cut") : fmt::format("{}", one.answered),
            one.coupon.value, one.user.value, ToString(one.ask), admission::ToString(one.outcome));
        text += one.sequence.value != 0 ? fmt::format(" #{}\n", one.sequence.value) : "\n";
    }
    for (const Change& change : history.changes) {
        if (user.value != 0 && change.coupon != coupon) continue;
        text += fmt::format("  {:>5} change of coupon {}: fate {}, delta {}, stock {}\n",
                            change.asked, change.coupon.value, static_cast<int>(change.fate),
                            change.delta, change.stock.value_or(-1));
    }
    for (const Sighting& seen : history.sightings) {
        if (user.value != 0 && seen.coupon != coupon) continue;
        text += fmt::format("  {:>5} coupon {} seen{}: stock {}, issued {}\n", seen.at,
                            seen.coupon.value, seen.after_start ? " after a start" : "",
                            seen.stock.value_or(-1), seen.issued);
    }
    for (const Tick tick : history.starts) text += fmt::format("  {:>5} start\n", tick);
    for (const Tick tick : history.disk_errors) text += fmt::format("  {:>5} disk error\n", tick);
    return text;
}

}  // namespace coupon::simulation
