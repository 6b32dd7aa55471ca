#pragma once

#include "terminal.hpp"

#include "tasker/model/workflow_template.hpp"
#include "tasker/wire/template_view.hpp"

#include <string>
#include <vector>

namespace tasker::cli {

/// One line per template.
std::string template_list_text(std::vector<wire::template_view> const& templates,
                               terminal const& out);

/// The template's properties, and a line for each step.
std::string template_text(wire::template_view const& shown, model::workflow_template const& source,
                          terminal const& out);

} // namespace tasker::cli
