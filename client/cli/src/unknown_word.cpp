#include "unknown_word.hpp"

#include "tasker/base/edit_distance.hpp"

#include <algorithm>
#include <string_view>

namespace tasker::cli {

namespace {

std::vector<std::string> option_names(CLI::App const& command) {
    std::vector<std::string> names;
    for (auto const* option : command.get_options()) {
        for (auto const& name : option->get_lnames()) {
            names.push_back("--" + name);
        }
    }
    return names;
}

std::vector<std::string> command_names(CLI::App const& command) {
    std::vector<std::string> names;
    for (auto const* below : commands_of(command)) {
        names.push_back(below->get_name());
    }
    return names;
}

std::optional<std::string> nearest_of(std::string const& word,
                                      std::vector<std::string> const& names) {
    std::vector<std::string_view> const candidates(names.begin(), names.end());
    if (auto const found = nearest(word, candidates)) {
        return std::string{*found};
    }
    return std::nullopt;
}

/// Follows the words that are commands and options, and calls `visit` for each other word with the
/// innermost command and the word.
template <class Visit>
CLI::App const& walk(CLI::App const& root, std::vector<std::string> const& words, Visit visit) {
    auto const* command = &root;
    for (std::size_t at = 0; at < words.size(); ++at) {
        auto const& word = words[at];
        if (word == "--") {
            break;
        }
        if (word.size() > 1 && word.starts_with('-')) {
            auto const name = word.substr(0, word.find('='));
            auto const* option = find_option(*command, name);
            if (option == nullptr) {
                visit(*command, name);
            } else if (option->get_expected_min() > 0 && name.size() == word.size()) {
                ++at; // its value
            }
            continue;
        }
        auto const below = commands_of(*command);
        auto const named = std::find_if(below.begin(), below.end(), [&](auto const* candidate) {
            return candidate->get_name() == word;
        });
        if (named != below.end()) {
            command = *named;
        } else if (!below.empty()) {
            visit(*command, word);
            break;
        }
    }
    return *command;
}

} // namespace

std::string to_string(unknown_word const& found) {
    auto text = found.command + ": there is no " + (found.is_option ? "option" : "command") +
                " \"" + found.word + '"';
    if (found.suggestion) {
        text += "; did you mean \"" + *found.suggestion + "\"?";
    }
    return text + "\nSee: " + found.command + " --help";
}

std::optional<unknown_word> find_unknown_word(CLI::App const& root,
                                              std::vector<std::string> const& words) {
    std::optional<unknown_word> first;
    walk(root, words, [&](CLI::App const& command, std::string const& word) {
        if (!first) {
            bool const is_option = word.starts_with('-');
            first = {word, full_name(command), is_option,
                     nearest_of(word, is_option ? option_names(command) : command_names(command))};
        }
    });
    return first;
}

CLI::App const& chosen_command(CLI::App const& root, std::vector<std::string> const& words) {
    return walk(root, words, [](CLI::App const&, std::string const&) {});
}

std::string full_name(CLI::App const& command) {
    auto const* parent = command.get_parent();
    return parent == nullptr ? command.get_name() : full_name(*parent) + ' ' + command.get_name();
}

std::vector<CLI::App const*> commands_of(CLI::App const& command) {
    return command.get_subcommands([](CLI::App const*) { return true; });
}

CLI::Option const* find_option(CLI::App const& command, std::string const& name) {
    auto const options = command.get_options([&](CLI::Option const* option) {
        return option->nonpositional() && option->check_name(name);
    });
    return options.empty() ? nullptr : options.front();
}

} // namespace tasker::cli
