#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "apps/ctl/command_line.h"
#include "apps/ctl/commands.h"

namespace coupon::ctl {

/// Declares every command with its arguments, its help and its examples, and remembers which one
/// was asked for. Used for one parse; it outlives the App's parse, as the options write into it.
class CommandSet {
public:
    CommandSet(CLI::App& app, std::string_view version);
    CommandSet(const CommandSet&) = delete;
    CommandSet& operator=(const CommandSet&) = delete;

    Invocation Chosen() const { return {.options = options_, .command = command_}; }

private:
    using Online = std::function<int(Session&)>;

    CLI::App* Add(CLI::App& app, const std::string& name, const std::string& help,
                  const std::string& examples);
    /// `make` is called once the words of the command are parsed; what it returns holds copies of
    /// them.
    void OnChosen(CLI::App* command, std::function<Online()> make);

    void AddGlobalOptions(CLI::App& app);
    void AddCreate(CLI::App& app);
    void AddReads(CLI::App& app);
    void AddStates(CLI::App& app);
    void AddStock(CLI::App& app);
    void AddClaims(CLI::App& app);
    void AddRedeem(CLI::App& app);
    void AddExport(CLI::App& app);
    void AddBackup(CLI::App& app);
    void AddAudit(CLI::App& app);
    void AddRebuild(CLI::App& app);
    void AddDeadLetters(CLI::App& app);
    void AddDeadLetter(CLI::App& letters, const std::string& name, const std::string& help,
                       int (*run)(Session&, std::int64_t));
    void AddMigrate(CLI::App& app);
    void AddVersion(CLI::App& app, std::string_view version);

    void RequireCoupon(CLI::App* command);
    void RequireUser(CLI::App* command);

    GlobalOptions options_;
    std::function<int(const GlobalOptions&, Console)> command_;

    // What the commands' arguments are written to; a run has one command.
    CouponId coupon_;
    UserId user_;
    NewCoupon new_coupon_;
    PageRange range_;
    std::int64_t delta_ = 0;
    std::optional<Money> amount_;
    bool undo_ = false;
    ExportOptions export_;
    std::filesystem::path data_;
    DeadLetterFilter letters_;
    std::int64_t letter_ = 0;
    MigrateOptions migrate_;
};

}  // namespace coupon::ctl
