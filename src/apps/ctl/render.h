#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

namespace coupon::ctl {

// The server's JSON for people. A member that is missing or of another type is shown as "-": never
// as 0. Every text ends in a newline. Pure; any thread.

/// One coupon, a line a member.
std::string RenderCoupon(const boost::json::value& coupon);
/// {"coupons":[...]} as a table.
std::string RenderCouponList(const boost::json::value& list);
/// {couponId,userId,sequence,status,issuedAt} as one sentence, with the redemption if there is one.
std::string RenderClaim(const boost::json::value& claim);
/// {"coupons":[...]} of a user as a table.
std::string RenderHoldings(const boost::json::value& list);
/// {"file","bytes","coupons","issuances"} as one sentence.
std::string RenderBackup(const boost::json::value& backup);
/// {"passed","coupons",...,"checks":[...]} as a table, the examples of violations and a verdict.
std::string RenderAudit(const boost::json::value& report);

/// {"couponId","epoch","admitted","queued"} as one sentence.
std::string RenderRebuilt(const boost::json::value& rebuilt);
/// {"deadLetters":[...]} as a table.
std::string RenderDeadLetterList(const boost::json::value& list);
/// One dead letter, a line a member.
std::string RenderDeadLetter(const boost::json::value& letter);
/// {"database","found","wanted","applied":[...],"dryRun"} as one sentence.
std::string RenderMigration(const boost::json::value& migration);

/// Whether an audit says, in so many words, that every promise holds; nullopt when it says neither.
std::optional<bool> AuditPassed(const boost::json::value& report);

}  // namespace coupon::ctl
