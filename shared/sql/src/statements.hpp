#pragma once

#include <string_view>
#include <vector>

namespace tasker::sql {

/// One statement of a script, from its first word to before its ';'.
struct statement {
    std::string_view text;
    int line; ///< line of its first word, counted from 1
};

/// Splits a script into statements, like psql: a ';' in quotes, dollar quotes, comments,
/// parentheses or a `begin atomic … end` body does not end one. The views point into `script`.
std::vector<statement> split_statements(std::string_view script);

} // namespace tasker::sql
