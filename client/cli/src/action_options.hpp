#pragma once

#include "tasker/wire/action.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace tasker::cli {

/// A check of an option: an empty value is refused, since it may come from an unset variable.
CLI::Validator not_empty();

/// The options --reason and --by. `verb`: what the server does with them: "Store" or "Log".
void add_action_options(CLI::App& command, wire::action_request& request,
                        std::string const& verb = "Store");

} // namespace tasker::cli
