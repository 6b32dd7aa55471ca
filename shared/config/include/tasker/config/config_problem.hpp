#pragma once

#include <string>
#include <vector>

namespace tasker::config {

/// A problem of the configuration that the user must fix.
struct config_problem {
    std::string
        path; ///< of the key, "http.max_body_bytes"; the file's or the variable's name otherwise
    std::string problem; ///< a sentence without its subject: "must be an integer, not a string"
    int line = 0;        ///< in the file, from 1; 0 if it does not come from a line

    friend bool operator==(config_problem const&, config_problem const&) = default;
};

/// "line 7: http.max_body_bytes must be an integer, not a string"
std::string to_string(config_problem const& problem);

/// A program's settings from all their sources.
template <class Settings>
struct loaded {
    Settings values;
    std::vector<config_problem> problems; ///< all problems; empty: the values are valid
};

} // namespace tasker::config
