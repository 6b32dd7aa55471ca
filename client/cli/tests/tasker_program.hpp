#pragma once

#include "tasker/process/child_process.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tasker::cli {

/// The program of this build, as a script uses it: without a terminal, against one server.
/// Errors: throws std::runtime_error if it has not ended after a minute.
class tasker_program {
public:
    explicit tasker_program(std::string url);

    process::completed run(std::vector<std::string> args, std::string input = {}) const;

    /// As above, on a terminal of 100 columns. All output is in `out`, line ends are "\r\n".
    process::completed run_on_terminal(std::string const& args) const;

    /// What it prints, which must be JSON and nothing else. Errors: throws if it is not.
    nlohmann::ordered_json run_for_json(std::vector<std::string> args) const;

private:
    std::vector<std::string> environment() const;

    std::string url_;
};

} // namespace tasker::cli
