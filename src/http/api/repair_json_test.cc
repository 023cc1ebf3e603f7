#include "http/api/repair_json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/api/golden_file.h"

namespace coupon::http::api {
namespace {

constexpr WallTime kMoment{std::chrono::milliseconds{1'795'428'000'004}};

ledger::DeadLetter ALetter() {
    return {.id = 3,
            .coupon_id = CouponId{7},
            .user_id = UserId{42},
            .sequence = Sequence{5},
            .epoch = 2,
            .issued_at = kMoment,
            .reason = ledger::DeadLetterReason::kLostEpoch,
            .detail = "said \"no\"",
            .status = ledger::DeadLetterStatus::kOpen,
            .created_at = kMoment};
}

TEST(RepairJson, BodiesAreGolden) {
    std::string text;
    AppendRebuilt(text, {.coupon_id = CouponId{7}, .epoch = 3, .admitted = 100, .queued = 2});
    text += '\n';
    AppendDeadLetter(text, ALetter());
    text += '\n';
    AppendDeadLetterPage(text, std::vector{ALetter(), ALetter()}, 3);
    text += '\n';
    AppendDeadLetterPage(text, {}, std::nullopt);
    text += '\n';
    ExpectGolden("api_repairs.txt", text);
}

}  // namespace
}  // namespace coupon::http::api
