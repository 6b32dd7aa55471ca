#pragma once

#include <string>
#include <string_view>

namespace tasker::cli {

/// Puts a name before each line of a text that comes in pieces.
class line_prefix {
public:
    explicit line_prefix(std::string name);

    /// Returns the lines that the piece completes, each as "name | line\n".
    std::string add(std::string_view piece);

private:
    std::string name_;
    std::string begun_;
};

} // namespace tasker::cli
