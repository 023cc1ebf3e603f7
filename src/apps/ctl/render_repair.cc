#include <fmt/format.h>

#include <string>
#include <string_view>

#include "apps/ctl/cells.h"
#include "apps/ctl/render.h"
#include "apps/ctl/table.h"

namespace coupon::ctl {

namespace json = boost::json;

std::string RenderRebuilt(const json::value& rebuilt) {
    return Printable(fmt::format("coupon {} is loaded with epoch {}: {} users, {} of them waiting "
                                 "for the ledger",
                                 Cell(rebuilt, "couponId"), Cell(rebuilt, "epoch"),
                                 Cell(rebuilt, "admitted"), Cell(rebuilt, "queued"))) +
           '\n';
}

std::string RenderDeadLetterList(const json::value& list) {
    Table table({{"ID", Align::kRight},
                 {"COUPON", Align::kRight},
                 {"USER", Align::kRight},
                 {"SEQUENCE", Align::kRight},
                 {"REASON"},
                 {"STATUS"},
                 {"CREATED AT"}});
    for (const json::value& letter : ArrayOf(list, "deadLetters")) {
        table.AddRow({Cell(letter, "id"), Cell(letter, "couponId"), Cell(letter, "userId"),
                      Cell(letter, "sequence"), Cell(letter, "reason"), Cell(letter, "status"),
                      Cell(letter, "createdAt")});
    }
    return table.ToString();
}

std::string RenderDeadLetter(const json::value& letter) {
    static constexpr std::pair<std::string_view, std::string_view> kLines[] = {
        {"id", "id"},         {"coupon", "couponId"},
        {"user", "userId"},   {"sequence", "sequence"},
        {"epoch", "epoch"},   {"issued", "issuedAt"},
        {"reason", "reason"}, {"detail", "detail"},
        {"status", "status"}, {"created", "createdAt"}};
    Table table({{""}, {""}});
    for (const auto& [label, key] : kLines) table.AddRow({std::string(label), Cell(letter, key)});
    return table.ToString();
}

std::string RenderMigration(const json::value& migration) {
    std::string applied;
    for (const json::value& version : ArrayOf(migration, "applied")) {
        if (version.is_int64()) applied += fmt::format(" {}", version.get_int64());
    }
    const bool dry_run = Cell(migration, "dryRun") == "yes";
    const std::string done = applied.empty() ? ": nothing to do"
                             : dry_run       ? ": would apply" + applied
                                             : ": applied" + applied;
    return Printable(fmt::format("{}: version {}, this program's is {}{}",
                                 Cell(migration, "database"), Cell(migration, "found"),
                                 Cell(migration, "wanted"), done)) +
           '\n';
}

}  // namespace coupon::ctl
