#include "action_options.hpp"

#include <string>

namespace tasker::cli {

CLI::Validator not_empty() {
    return {[](std::string const& value) {
                return std::string{value.empty() ? "must not be empty" : ""};
            },
            ""};
}

void add_action_options(CLI::App& command, wire::action_request& request, std::string const& verb) {
    command.add_option("--reason", request.reason, verb + " the reason")
        ->type_name("TEXT")
        ->check(not_empty());
    command.add_option("--by", request.by, verb + " who does it")
        ->type_name("NAME")
        ->check(not_empty());
}

} // namespace tasker::cli
