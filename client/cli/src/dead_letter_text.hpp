#pragma once

#include "terminal.hpp"

#include "tasker/wire/dead_letters.hpp"
#include "tasker/wire/page.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tasker::cli {

/// "1 task", "2 tasks".
std::string tasks_text(std::int64_t count);

/// A table with the errors as notes, and the cursor of the next page.
std::string dead_letter_list_text(wire::page<wire::dead_letter> const& letters,
                                  terminal const& out);

/// A table, and whether it is cut.
std::string dead_letter_groups_text(wire::dead_letter_groups const& shown, terminal const& out);

/// Prints to stderr a line for each of the tasks.
void print_refusals(std::vector<wire::dead_letter_refusal> const& refused);

} // namespace tasker::cli
