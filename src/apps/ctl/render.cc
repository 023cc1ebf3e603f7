#include "apps/ctl/render.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "apps/ctl/cells.h"
#include "apps/ctl/table.h"

namespace coupon::ctl {
namespace json = boost::json;

std::string RenderCoupon(const json::value& coupon) {
    struct Line {
        std::string_view label;
        std::string_view key;
        std::string_view null_text = kMissing;
    };
    static constexpr Line kLines[] = {{"id", "id"},
                                      {"name", "name"},
                                      {"state", "state"},
                                      {"stock", "totalQuantity", "unlimited"},
                                      {"issued", "issuedQuantity"},
                                      {"remaining", "remaining", "unlimited"},
                                      {"discount", "discountPrice"},
                                      {"minimum", "minimumPrice"},
                                      {"opens", "issueStartDate"},
                                      {"ends", "issueEndDate"},
                                      {"expires", "expiresAt", "never"},
                                      {"type", "type"},
                                      {"admission", "admission"},
                                      {"shadow", "shadow"},
                                      {"created", "createdAt"},
                                      {"updated", "updatedAt"}};
    Table table({{""}, {""}});
    for (const Line& line : kLines) {
        table.AddRow({std::string(line.label), Cell(coupon, line.key, line.null_text)});
    }
    return table.ToString();
}

std::string RenderCouponList(const json::value& list) {
    Table table({{"ID", Align::kRight},
                 {"NAME"},
                 {"STATE"},
                 {"STOCK", Align::kRight},
                 {"ISSUED", Align::kRight},
                 {"REMAINING", Align::kRight},
                 {"OPENS"},
                 {"ENDS"}});
    for (const json::value& coupon : ArrayOf(list, "coupons")) {
        table.AddRow({Cell(coupon, "id"), Cell(coupon, "name"), Cell(coupon, "state"),
                      Cell(coupon, "totalQuantity", "unlimited"), Cell(coupon, "issuedQuantity"),
                      Cell(coupon, "remaining", "unlimited"), Cell(coupon, "issueStartDate"),
                      Cell(coupon, "issueEndDate")});
    }
    return table.ToString();
}

std::string RenderClaim(const json::value& claim) {
    std::string line =
        fmt::format("user {} holds coupon {} with sequence {} ({}), issued at {}",
                    Cell(claim, "userId"), Cell(claim, "couponId"), Cell(claim, "sequence"),
                    Cell(claim, "status"), Cell(claim, "issuedAt"));
    if (ObjectOf(claim).contains("redeemedAt")) {
        line += fmt::format(", used at {} for an order of {}", Cell(claim, "redeemedAt"),
                            Cell(claim, "orderAmount"));
    }
    return Printable(line) + '\n';
}

std::string RenderHoldings(const json::value& list) {
    Table table(
        {{"COUPON", Align::kRight}, {"SEQUENCE", Align::kRight}, {"STATUS"}, {"ISSUED AT"}});
    for (const json::value& claim : ArrayOf(list, "coupons")) {
        table.AddRow({Cell(claim, "couponId"), Cell(claim, "sequence"), Cell(claim, "status"),
                      Cell(claim, "issuedAt")});
    }
    return table.ToString();
}

std::string RenderBackup(const json::value& backup) {
    return Printable(fmt::format("{}: {} bytes, {} coupons, {} issuances", Cell(backup, "file"),
                                 Cell(backup, "bytes"), Cell(backup, "coupons"),
                                 Cell(backup, "issuances"))) +
           '\n';
}

std::optional<bool> AuditPassed(const json::value& report) {
    const json::value* passed = ObjectOf(report).if_contains("passed");
    if (passed == nullptr || !passed->is_bool()) return std::nullopt;
    return passed->get_bool();
}

std::string RenderAudit(const json::value& report) {
    Table table({{"PROMISE"}, {"CHECK"}, {"ROWS", Align::kRight}, {"VIOLATIONS", Align::kRight}});
    std::string examples;
    for (const json::value& check : ArrayOf(report, "checks")) {
        table.AddRow({Cell(check, "promise"), Cell(check, "what"), Cell(check, "rowsChecked"),
                      Cell(check, "violations")});
        for (const json::value& example : ArrayOf(check, "examples")) {
            if (!example.is_string()) continue;
            examples += fmt::format("{}: {}\n", Printable(Cell(check, "promise")),
                                    Printable(std::string_view(example.get_string())));
        }
    }
    const std::string counts =
        Printable(fmt::format("{} coupons, {} issuances, {} redemptions", Cell(report, "coupons"),
                              Cell(report, "issuances"), Cell(report, "redemptions")));
    return fmt::format(
        "{}{}{}: {}\n", table.ToString(), examples, counts,
        AuditPassed(report).value_or(false) ? "every promise holds" : "A PROMISE DOES NOT HOLD");
}

}  // namespace coupon::ctl
