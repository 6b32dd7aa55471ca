#pragma once

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tasker::cli {

/// A word that no command and no option has.
struct unknown_word {
    std::string word;
    std::string command;                   ///< where it was found: "tasker task create"
    bool is_option = false;                ///< it begins with "-"
    std::optional<std::string> suggestion; ///< the nearest that exists
};

/// "tasker task: there is no command "creat"; did you mean "create"?", and how to get help.
std::string to_string(unknown_word const& found);

/// The first unknown word, if any. Other errors are not checked.
std::optional<unknown_word> find_unknown_word(CLI::App const& root,
                                              std::vector<std::string> const& words);

/// The innermost command that the words name.
CLI::App const& chosen_command(CLI::App const& root, std::vector<std::string> const& words);

/// "tasker task create"
std::string full_name(CLI::App const& command);

/// Commands below this one.
std::vector<CLI::App const*> commands_of(CLI::App const& command);

/// The option with this name, "--json" or "-h"; null if there is none.
CLI::Option const* find_option(CLI::App const& command, std::string const& name);

} // namespace tasker::cli
