#include "completion.hpp"

#include "unknown_word.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

namespace tasker::cli {

namespace {

bool takes_value(CLI::Option const& option) {
    return option.get_expected_max() > 0 && option.get_items_expected_max() > 0;
}

/// The completion of a value of this type: a bash command that prints candidates, or empty.
std::string value_completion(std::string const& type) {
    if (type == "FILE") {
        return "compgen -f -- \"$word\"";
    }
    if (type == "DIR") {
        return "compgen -d -- \"$word\"";
    }
    // Lower-case words are the values themselves; "NS,NS" and "ID" are placeholders.
    bool const are_words = !type.empty() && std::all_of(type.begin(), type.end(), [](char letter) {
        return (letter >= 'a' && letter <= 'z') || letter == '|' || letter == '_';
    });
    if (!are_words) {
        return {};
    }
    std::string words = type;
    std::replace(words.begin(), words.end(), '|', ' ');
    return "compgen -W '" + words + "' -- \"$word\"";
}

/// Bash code that puts the output of the command into COMPREPLY.
std::string fill(std::string const& completion, std::string const& indent) {
    if (completion.empty()) {
        return {};
    }
    // Only file names get slashes and quotes. compopt works only inside a completion.
    bool const are_files =
        completion.starts_with("compgen -f") || completion.starts_with("compgen -d");
    return (are_files ? indent + "compopt -o filenames 2>/dev/null\n" : "") + indent +
           "mapfile -t COMPREPLY < <(" + completion + ")\n";
}

struct described_command {
    std::string name; ///< "task create"; empty for the root
    std::string words;
    std::vector<std::string> value_options; ///< the names of options with a value: "--url"
    std::vector<std::pair<std::string, std::string>> values; ///< option pattern, bash command
    std::string positional;                                  ///< bash command
};

described_command describe(CLI::App const& command, std::string const& name) {
    described_command found{name, {}, {}, {}, {}};
    for (auto const* below : commands_of(command)) {
        found.words += below->get_name() + ' ';
    }
    for (auto const* option : command.get_options()) {
        if (!option->nonpositional()) {
            auto const completion = value_completion(option->get_type_name());
            found.positional = found.positional.empty() ? completion : found.positional;
            continue;
        }
        std::vector<std::string> names;
        for (auto const& short_name : option->get_snames()) {
            names.push_back('-' + short_name);
        }
        for (auto const& long_name : option->get_lnames()) {
            names.push_back("--" + long_name);
            found.words += names.back() + ' ';
        }
        if (takes_value(*option)) {
            found.values.emplace_back(fmt::format("{}", fmt::join(names, "|")),
                                      value_completion(option->get_type_name()));
            std::ranges::move(names, std::back_inserter(found.value_options));
        }
    }
    return found;
}

void describe_all(CLI::App const& command, std::string const& name,
                  std::vector<described_command>& found) {
    found.push_back(describe(command, name));
    for (auto const* below : commands_of(command)) {
        describe_all(*below, name.empty() ? below->get_name() : name + ' ' + below->get_name(),
                     found);
    }
}

/// The case of a command in the script. `before` is the word before the one being typed.
std::string case_of(described_command const& command) {
    std::string text = "    '" + command.name + "')\n        case $before in\n";
    for (auto const& [pattern, completion] : command.values) {
        text += "        " + pattern + ")\n";
        text += fill(completion, "            ") + "            return ;;\n";
    }
    text += "        esac\n        words='" + command.words + "'\n";
    if (!command.positional.empty()) {
        text += "        if [[ $word != -* ]]; then\n" + fill(command.positional, "            ") +
                "            return\n        fi\n";
    }
    return text + "        ;;\n";
}

/// A bash pattern; shellcheck wants each name once.
std::string all_value_options(std::vector<described_command> const& commands) {
    std::set<std::string> names;
    for (auto const& command : commands) {
        names.insert(command.value_options.begin(), command.value_options.end());
    }
    return fmt::format("{}", fmt::join(names, "|"));
}

std::string known_names(std::vector<described_command> const& commands) {
    std::string names;
    for (auto const& command : commands) {
        names += (names.empty() ? "'" : " | '") + command.name + '\'';
    }
    return names;
}

} // namespace

std::string bash_completion(CLI::App const& root) {
    std::vector<described_command> commands;
    describe_all(root, "", commands);
    auto const& program = root.get_name();

    std::string text =
        "# shellcheck shell=bash\n"
        "# Completion of " +
        program +
        " for bash. To use it in every shell:\n"
        "#   " +
        program + " completion bash > /etc/bash_completion.d/" + program + "\n\n_" + program +
        "_complete() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local words='' chosen='' longer at\n"
        "    COMPREPLY=()\n"
        "    # The words before the one being typed name the command.\n"
        "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
        "        case ${COMP_WORDS[at]} in\n"
        "        " +
        all_value_options(commands) +
        ")\n"
        "            ((at++))\n"
        "            continue ;;\n"
        "        -*) continue ;;\n"
        "        esac\n"
        "        longer=\"${chosen:+$chosen }${COMP_WORDS[at]}\"\n"
        "        case $longer in\n"
        "        " +
        known_names(commands) +
        ") chosen=$longer ;;\n"
        "        *) break ;;\n"
        "        esac\n"
        "    done\n"
        "    case $chosen in\n";
    for (auto const& command : commands) {
        text += case_of(command);
    }
    text += "    esac\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
            "}\n\n"
            "complete -F _" +
            program + "_complete " + program + "\n";
    return text;
}

} // namespace tasker::cli
