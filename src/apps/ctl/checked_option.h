#pragma once

#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <CLI/Option.hpp>
#include <string>
#include <utility>

namespace coupon::ctl {

/// An argument that `parse(text, name)` checks and `take` stores; its error ends the parse as one
/// of CLI11's.
template <class Parse, class Take>
CLI::Option* AddChecked(CLI::App* app, const std::string& name, Parse parse, Take take,
                        const std::string& help) {
    const auto read = [name, parse, take](const std::string& text) {
        auto value = parse(text, name);
        if (!value) throw CLI::ValidationError(name, value.error().detail);
        take(*std::move(value));
    };
    return app->add_option_function<std::string>(name, read, help)->type_name("");
}

}  // namespace coupon::ctl
