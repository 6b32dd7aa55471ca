#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The rules of names, for templates, requests and settings alike.
///
/// Each function returns the problem as a sentence without its subject ("must be …"), or none.

namespace tasker::model {

inline constexpr std::size_t max_name_length = 128;

/// Names of templates and labels that begin with it are Tasker's own.
inline constexpr std::string_view own_prefix = "tasker.";

/// Names of templates and steps: 1 to 128 letters, digits, '_', '-' and '.', a letter or digit
/// first.
std::optional<std::string> name_problem(std::string_view name);

/// A lower-case letter, then at most 31 of a-z, 0-9 and '_'; no "__", and no '_' at the end,
/// because queue names contain it.
std::optional<std::string> namespace_problem(std::string_view name);

/// Three numbers as in "1.20.3", each without leading zeros and at most 999999999.
std::optional<std::string> version_problem(std::string_view version);

} // namespace tasker::model
