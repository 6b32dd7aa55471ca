#pragma once

#include "tasker/wire/action.hpp"

#include <CLI/CLI.hpp>

namespace tasker::cli {

/// A check of an option: an empty value is refused, since it may come from an unset variable.
CLI::Validator not_empty();

/// The options --reason and --by, which the server stores.
void add_action_options(CLI::App& command, wire::action_request& request);

} // namespace tasker::cli
