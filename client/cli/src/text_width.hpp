#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tasker::cli {

/// How many cells of a terminal the UTF-8 text takes: two for the wide characters of East Asia and
/// for emoji, none for combining marks. A byte that is not UTF-8 counts as one.
std::size_t display_width(std::string_view text);

/// The text cut to at most `columns` cells, with an ellipsis at the end if it was cut.
std::string clip(std::string_view text, std::size_t columns, bool has_unicode);

/// The text with control characters replaced by blanks, for one line of a table.
std::string one_line(std::string_view text);

/// The text with control characters other than line breaks replaced by blanks.
std::string printable(std::string_view text);

} // namespace tasker::cli
