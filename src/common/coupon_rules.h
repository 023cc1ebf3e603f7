#pragma once

#include "common/coupon.h"
#include "common/error.h"

namespace coupon {

/// Whether a coupon may be stored. Errors: kInvalidArgument, nothing applied; `field` is the API's
/// name of the first part that is wrong (name, totalQuantity, discountPrice, minimumPrice,
/// issueStartDate, issueEndDate, expiresAt) and `detail` a sentence for the caller. The rules:
/// - name: valid UTF-8, 1 to limits::kNameCharactersMax code points, no control characters (C0,
///   DEL, C1);
/// - totalQuantity: absent, or 0 to limits::kSequenceMax; the prices: 0 to limits::kMoneyMax;
/// - every time has a text (years 1970 to 9999); issueStartDate < issueEndDate;
///   expiresAt >= issueStartDate.
///
/// The id, the state and the stamps are the service's own and not looked at. Pure; any thread.
Result<void> ValidateCoupon(const Coupon& coupon);

}  // namespace coupon
