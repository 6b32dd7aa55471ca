#include "line_prefix.hpp"

#include <utility>

namespace tasker::cli {

line_prefix::line_prefix(std::string name) : name_{std::move(name)} {}

std::string line_prefix::add(std::string_view piece) {
    std::string lines;
    for (;;) {
        auto const end = piece.find('\n');
        begun_ += piece.substr(0, end);
        if (end == std::string_view::npos) {
            return lines;
        }
        lines += name_ + " | " + begun_ + '\n';
        begun_.clear();
        piece.remove_prefix(end + 1);
    }
}

} // namespace tasker::cli
