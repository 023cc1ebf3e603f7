#include "apps/ctl/command_set.h"

#include <CLI/Error.hpp>
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <utility>

#include "apps/ctl/checked_option.h"

namespace coupon::ctl {
CommandSet::CommandSet(CLI::App& app, std::string_view version) {
    AddGlobalOptions(app);
    AddCreate(app);
    AddReads(app);
    AddStates(app);
    AddStock(app);
    AddClaims(app);
    AddRedeem(app);
    AddExport(app);
    AddBackup(app);
    AddAudit(app);
    AddRebuild(app);
    AddDeadLetters(app);
    AddMigrate(app);
    AddVersion(app, version);
}

CLI::App* CommandSet::Add(CLI::App& app, const std::string& name, const std::string& help,
                          const std::string& examples) {
    CLI::App* command = app.add_subcommand(name, help);
    command->fallthrough();  // `couponctl list --json` is as good as `couponctl --json list`
    command->footer("Examples:\n" + examples);
    return command;
}

void CommandSet::OnChosen(CLI::App* command, std::function<Online()> make) {
    command->callback([this, make = std::move(make)] {
        command_ = [online = make()](const GlobalOptions& options, Console console) {
            OrExit<Session> session = Session::Open(options, console);
            return session ? online(*session) : session.error();
        };
    });
}

void CommandSet::AddGlobalOptions(CLI::App& app) {
    app.add_option("--url", options_.url, "Where the service is")
        ->capture_default_str()
        ->type_name("URL");
    app.add_option("--token-file", options_.token_file,
                   "File with the bearer token, closed to others (mode 600 or 640)")
        ->type_name("FILE");
    app.add_flag("--json", options_.json, "Print one JSON document, for programs");
    AddChecked(
        &app, "--timeout", ParseTimeout, [this](auto value) { options_.timeout = value; },
        "Longest wait to connect and for each next part of the answer "
        "[10s; backup, audit, rebuild: 10min]")
        ->type_name("DURATION");
}

void CommandSet::RequireCoupon(CLI::App* command) {
    AddChecked(
        command, "ID", ParseId, [this](std::int64_t id) { coupon_ = CouponId{id}; }, "The coupon")
        ->required();
}

void CommandSet::RequireUser(CLI::App* command) {
    AddChecked(
        command, "USER", ParseId, [this](std::int64_t id) { user_ = UserId{id}; }, "The user")
        ->required();
}

void CommandSet::AddCreate(CLI::App& app) {
    CLI::App* command =
        Add(app, "create", "Create a coupon",
            "  couponctl create --name \"Opening\" --total 10000 --discount 3000 --end +1h\n"
            "  couponctl create --name \"Winter\" --total unlimited --discount 500 \\\n"
            "      --start 2026-11-23T10:00:00Z --end 2026-11-23T12:00:00+09:00");
    NewCoupon& coupon = new_coupon_;
    const std::string times = " (RFC 3339, now, +30min, +7d; counted on the server's clock)";
    command->add_option("--name", coupon.name, "1 to 50 characters")->required()->type_name("TEXT");
    AddChecked(
        command, "--total", ParseTotal, [&](auto total) { coupon.total = total; },
        "The stock, or unlimited")
        ->required()
        ->type_name("N");
    AddChecked(
        command, "--discount", ParseAmount, [&](auto amount) { coupon.discount = Money{amount}; },
        "What it takes off, in the smallest unit of money")
        ->required()
        ->type_name("N");
    AddChecked(
        command, "--minimum", ParseAmount, [&](auto amount) { coupon.minimum = Money{amount}; },
        "The order amount it needs [0]")
        ->type_name("N");
    AddChecked(
        command, "--start", ParseTime, [&](auto time) { coupon.start = time; },
        "When it opens [now]" + times)
        ->type_name("TIME");
    AddChecked(
        command, "--end", ParseTime, [&](auto time) { coupon.end = time; }, "When it ends" + times)
        ->required()
        ->type_name("TIME");
    AddChecked(
        command, "--expires", ParseTime, [&](auto time) { coupon.expires = time; },
        "From when it cannot be used any more [never]" + times)
        ->type_name("TIME");
    command->add_flag("--shadow", coupon.shadow, "For a rehearsal: absent from lists and metrics");
    OnChosen(command, [&coupon]() -> Online {
        return [coupon](Session& session) { return CreateCoupon(session, coupon); };
    });
}

void CommandSet::AddReads(CLI::App& app) {
    CLI::App* list = Add(app, "list", "List the coupons",
                         "  couponctl list\n"
                         "  couponctl list --limit 20 --after 140\n"
                         "  couponctl list --json | jq '.coupons[].id'");
    AddChecked(
        list, "--limit", ParseId, [this](std::int64_t limit) { range_.limit = limit; },
        "At most so many [all]")
        ->type_name("N");
    AddChecked(
        list, "--after", ParseId, [this](std::int64_t id) { range_.after = id; },
        "Only ids above this one")
        ->type_name("ID");
    OnChosen(list, [this]() -> Online {
        return [range = range_](Session& session) { return ListCoupons(session, range); };
    });

    CLI::App* show = Add(app, "show", "Show one coupon with its live counts", "  couponctl show 7");
    RequireCoupon(show);
    OnChosen(show, [this]() -> Online {
        return [id = coupon_](Session& session) { return ShowCoupon(session, id); };
    });
}

void CommandSet::AddStates(CLI::App& app) {
    struct Change {
        const char* name;
        const char* help;
        CouponState state;
    };
    static constexpr Change kChanges[] = {
        {"pause", "Stop giving out for now; what is held stays held", CouponState::kPaused},
        {"resume", "Go on giving out after a pause", CouponState::kOpen},
        {"close", "Stop giving out for good: final, and asks no question", CouponState::kClosed}};
    for (const Change& change : kChanges) {
        CLI::App* command =
            Add(app, change.name, change.help, std::string("  couponctl ") + change.name + " 7");
        RequireCoupon(command);
        OnChosen(command, [this, state = change.state]() -> Online {
            return [id = coupon_, state](Session& session) {
                return SetCouponState(session, id, state);
            };
        });
    }
}

void CommandSet::AddStock(CLI::App& app) {
    CLI::App* command =
        Add(app, "stock", "Add to the stock or cut it, never below what is given out",
            "  couponctl stock 7 +50\n"
            "  couponctl stock 7 -20");
    RequireCoupon(command);
    AddChecked(
        command, "DELTA", ParseDelta, [this](std::int64_t delta) { delta_ = delta; },
        "The change: +50, -20")
        ->required();
    OnChosen(command, [this]() -> Online {
        return [id = coupon_, delta = delta_](Session& session) {
            return ChangeStock(session, id, delta);
        };
    });
}

void CommandSet::AddClaims(CLI::App& app) {
    CLI::App* claim =
        Add(app, "claim", "Claim a coupon for a user; exit code 1 when the answer is no",
            "  couponctl claim 7 42");
    RequireCoupon(claim);
    RequireUser(claim);
    OnChosen(claim, [this]() -> Online {
        return [id = coupon_, user = user_](Session& session) { return Claim(session, id, user); };
    });

    CLI::App* claims = Add(app, "claims", "What a user holds", "  couponctl claims 42");
    RequireUser(claims);
    OnChosen(claims, [this]() -> Online {
        return [user = user_](Session& session) { return ShowHoldings(session, user); };
    });
}

void CommandSet::AddRedeem(CLI::App& app) {
    CLI::App* command = Add(app, "redeem",
                            "Use a coupon for an order, or give the use back; exit code 1 when the "
                            "answer is no",
                            "  couponctl redeem 7 42 --amount 12000\n"
                            "  couponctl redeem 7 42 --undo");
    RequireCoupon(command);
    RequireUser(command);
    CLI::Option* amount = AddChecked(
        command, "--amount", ParseAmount, [this](std::int64_t value) { amount_ = Money{value}; },
        "The order's amount, in the smallest unit of money");
    amount->type_name("N");
    command->add_flag("--undo", undo_, "The order was cancelled: the coupon is unused again")
        ->excludes(amount);
    OnChosen(command, [this]() -> Online {
        if (!undo_ && !amount_) throw CLI::RequiredError("--amount N or --undo");
        if (undo_) {
            return [id = coupon_, user = user_](Session& session) {
                return UndoRedemption(session, id, user);
            };
        }
        return [id = coupon_, user = user_, value = *amount_](Session& session) {
            return Redeem(session, id, user, value);
        };
    });
}

void CommandSet::AddExport(CLI::App& app) {
    CLI::App* command = Add(app, "export",
                            "The winners' list of a coupon. A FILE appears (or is replaced) only "
                            "when the list is complete",
                            "  couponctl export 7 --output winners.csv\n"
                            "  couponctl export 7 --format ndjson | jq .userId");
    RequireCoupon(command);
    command->add_option("--format", export_.format, "csv or ndjson")
        ->check(CLI::IsMember({"csv", "ndjson"}))
        ->capture_default_str()
        ->type_name("FORMAT");
    command
        ->add_option("--output", export_.output,
                     "Where to [stdout]; made, or replaced, only when the list is complete")
        ->type_name("FILE");
    OnChosen(command, [this]() -> Online {
        return [id = coupon_, options = export_](Session& session) {
            return ExportIssuances(session, id, options);
        };
    });
}

void CommandSet::AddBackup(CLI::App& app) {
    CLI::App* command =
        Add(app, "backup", "Let the service write a consistent copy of its store, on its own disk",
            "  couponctl --token-file operator.token backup");
    OnChosen(command, []() -> Online { return Backup; });
}

void CommandSet::AddAudit(CLI::App& app) {
    CLI::App* command = Add(
        app, "audit", "Prove the promises from the stored rows; exit code 1 when one does not hold",
        "  couponctl audit\n"
        "  couponctl audit --data ./data\n"
        "  couponctl audit --data ./data/backups/coupon-20261123T100000.000Z.db\n\n"
        "Without --data the running service audits itself: the one safe way while it runs.\n"
        "With --data this program reads the files: the folder of a stopped service (locked\n"
        "meanwhile; 69 while a service has it) or a backup file. 65: the data is damaged.");
    command->add_option("--data", data_, "Data folder of a stopped service, or a backup file")
        ->type_name("PATH");
    command->callback([this] {
        command_ = [data = data_](const GlobalOptions& options, Console console) {
            if (!data.empty()) return AuditData(data, options.json, console);
            OrExit<Session> session = Session::Open(options, console);
            return session ? AuditService(*session) : session.error();
        };
    });
}

void CommandSet::AddVersion(CLI::App& app, std::string_view version) {
    CLI::App* command = Add(app, "version", "This program's version; asks no service",
                            "  couponctl version --json");
    command->callback([this, text = std::string(version)] {
        command_ = [text](const GlobalOptions& options, Console console) {
            return ShowVersion(text, options.json, console);
        };
    });
}

}  // namespace coupon::ctl
