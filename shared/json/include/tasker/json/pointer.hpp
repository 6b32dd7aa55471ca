#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::json {

/// Whether `pointer` is a JSON pointer (RFC 6901): empty, or "/" before each part, with "~0" for
/// "~" and "~1" for "/".
bool is_pointer(std::string_view pointer);

/// The text of the value that `pointer` names, unchanged; of members with the same name the last
/// one, as in PostgreSQL and Python. Null if there is none.
/// REQUIRES: find_problem(text) found none; is_pointer(pointer).
/// Lifetime: the view points into `text`.
std::optional<std::string_view> find(std::string_view text, std::string_view pointer);

/// The parts of a pointer without their escapes. REQUIRES: is_pointer(pointer).
std::vector<std::string> parts_of_pointer(std::string_view pointer);

/// The content of a string; any other value unchanged.
/// REQUIRES: find_problem(value) found none.
std::string to_plain_text(std::string_view value);

} // namespace tasker::json
