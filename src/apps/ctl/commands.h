#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "apps/ctl/arguments.h"
#include "apps/ctl/paging.h"
#include "apps/ctl/session.h"
#include "common/config.h"
#include "common/coupon.h"
#include "common/ids.h"

namespace coupon::ctl {

// One function a command: calls the service, prints, and returns the exit code. Blocking.

struct NewCoupon {
    std::string name;
    std::optional<std::int64_t> total;  ///< absent = unlimited
    Money discount;
    Money minimum;
    TimeArgument start{.relative = true, .at = {}, .offset = {}};
    TimeArgument end;
    std::optional<TimeArgument> expires;  ///< absent = never
    bool shadow = false;
};
int CreateCoupon(Session& session, const NewCoupon& coupon);

int ListCoupons(Session& session, const PageRange& range);
int ShowCoupon(Session& session, CouponId coupon);
int SetCouponState(Session& session, CouponId coupon, CouponState state);
int ChangeStock(Session& session, CouponId coupon, std::int64_t delta);

int Claim(Session& session, CouponId coupon, UserId user);
int ShowHoldings(Session& session, UserId user);
int Redeem(Session& session, CouponId coupon, UserId user, Money order_amount);
int UndoRedemption(Session& session, CouponId coupon, UserId user);

struct ExportOptions {
    std::string format = "csv";  ///< csv, ndjson
    std::filesystem::path output;  ///< empty = stdout
};
int ExportIssuances(Session& session, CouponId coupon, const ExportOptions& options);

int Backup(Session& session);
/// 0 only if the service says that every promise holds, 1 if it says that one does not.
int AuditService(Session& session);
/// The same without a service; see AuditOffline.
int AuditData(const std::filesystem::path& path, bool as_json, Console console);

int Rebuild(Session& session, CouponId coupon);

struct DeadLetterFilter {
    PageRange range;
    std::string status;  ///< open, retried, dropped; empty = every one
};
int ListDeadLetters(Session& session, const DeadLetterFilter& filter);
int ShowDeadLetter(Session& session, std::int64_t letter);
int RetryDeadLetter(Session& session, std::int64_t letter);
int DropDeadLetter(Session& session, std::int64_t letter);

/// Where the database is told from: the same file, environment and keys as coupon-api's.
struct MigrateOptions {
    ConfigSources sources;
    bool dry_run = false;
};
/// Speaks to the database itself; asks no service.
int Migrate(const MigrateOptions& options, bool as_json, Console console);

int ShowVersion(std::string_view version, bool as_json, Console console);

}  // namespace coupon::ctl
