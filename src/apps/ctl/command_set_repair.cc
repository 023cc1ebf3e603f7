// The commands of the distributed mode.

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <CLI/Validators.hpp>
#include <string>

#include "apps/ctl/checked_option.h"
#include "apps/ctl/command_set.h"
#include "common/program_start.h"

namespace coupon::ctl {

void CommandSet::AddRebuild(CLI::App& app) {
    CLI::App* command = Add(app, "rebuild",
                            "Make a coupon's admission state anew from the ledger and what waits "
                            "for it (distributed mode)",
                            "  couponctl rebuild 7");
    RequireCoupon(command);
    OnChosen(command, [this]() -> Online {
        return [id = coupon_](Session& session) { return Rebuild(session, id); };
    });
}

void CommandSet::AddDeadLetters(CLI::App& app) {
    CLI::App* letters = Add(app, "dead-letters",
                            "Admitted claims that could not be written to the ledger (distributed "
                            "mode)",
                            "  couponctl dead-letters list --status open\n"
                            "  couponctl dead-letters show 3\n"
                            "  couponctl dead-letters retry 3");
    letters->require_subcommand(1);

    CLI::App* list = Add(*letters, "list", "List them",
                         "  couponctl dead-letters list\n"
                         "  couponctl dead-letters list --status open --limit 20");
    AddChecked(
        list, "--limit", ParseId, [this](std::int64_t limit) { letters_.range.limit = limit; },
        "At most so many [all]")
        ->type_name("N");
    AddChecked(
        list, "--after", ParseId, [this](std::int64_t id) { letters_.range.after = id; },
        "Only ids above this one")
        ->type_name("ID");
    list->add_option("--status", letters_.status, "open, retried or dropped [every one]")
        ->check(CLI::IsMember({"open", "retried", "dropped"}))
        ->type_name("STATUS");
    OnChosen(list, [this]() -> Online {
        return [filter = letters_](Session& session) { return ListDeadLetters(session, filter); };
    });

    AddDeadLetter(*letters, "show", "Show one", ShowDeadLetter);
    AddDeadLetter(*letters, "retry", "Offer its claim to admission again", RetryDeadLetter);
    AddDeadLetter(*letters, "drop", "Give its claim up for good: asks no question", DropDeadLetter);
}

void CommandSet::AddDeadLetter(CLI::App& letters, const std::string& name, const std::string& help,
                               int (*run)(Session&, std::int64_t)) {
    CLI::App* command = Add(letters, name, help, "  couponctl dead-letters " + name + " 3");
    AddChecked(
        command, "LETTER", ParseId, [this](std::int64_t id) { letter_ = id; }, "The dead letter")
        ->required();
    OnChosen(command, [this, run]() -> Online {
        return [run, id = letter_](Session& session) { return run(session, id); };
    });
}

void CommandSet::AddMigrate(CLI::App& app) {
    CLI::App* command = Add(
        app, "migrate", "Bring the ledger's tables in the database up to this version",
        "  couponctl migrate --dry-run --config app.yaml --profile prod\n"
        "  couponctl migrate --set datasource.url=mysql://db:3306/coupon\n\n"
        "Speaks to the database, to no service. Takes the configuration of coupon-api: its file,\n"
        "its environment (COUPON_DATASOURCE_URL, ...) and its keys, of which it uses datasource.*");
    command->add_flag("--dry-run", migrate_.dry_run, "Only say what would be done");
    command->add_option("--config", migrate_.sources.file, "The YAML file")->type_name("FILE");
    command->add_option("--profile", migrate_.sources.profile, "local, test or prod")
        ->type_name("NAME");
    command->add_option("--set", migrate_.sources.sets, "key=value; repeatable")
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
    command->callback([this] {
        command_ = [options = migrate_](const GlobalOptions& global, Console console) {
            MigrateOptions with_environment = options;
            with_environment.sources.environment = CopyEnvironment(environ);
            return Migrate(with_environment, global.json, console);
        };
    });
}

}  // namespace coupon::ctl
