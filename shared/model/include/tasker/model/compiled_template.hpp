#pragma once

#include "tasker/model/workflow_template.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::model {

struct compiled_step {
    /// The settings are resolved for one environment: a value is absent only if there is no
    /// default.
    step_template source;
    std::vector<std::int32_t> parents;  ///< step numbers, ascending; all below this step's number
    std::vector<std::int32_t> children; ///< step numbers, ascending; all above this step's number
    std::optional<std::int32_t> undoes; ///< of an undo step: the number of the step
};

/// A template in the form that is registered.
struct compiled_template {
    std::string name_space;
    std::string name;
    std::string version;
    std::string environment;
    std::string definition; ///< JSON: the template as the API returns it; parsing it gives the same
                            ///< template
    std::string hash;       ///< SHA-256 of `definition`, 64 hexadecimal digits
    std::optional<std::string> result; ///< JSON: the column tasker.templates.result
    std::vector<compiled_step> steps;  ///< in topological order: the index is the step's number
    /// Empty if no step has `compensate`. They are numbered after the steps, in the reverse order,
    /// and their graph is the reverse of the steps'. One without a callable undoes nothing; it only
    /// keeps the order of the others.
    std::vector<compiled_step> undo_steps;
};

/// `steps` are in the order of the template as far as their dependencies allow it. An environment
/// that the template does not name has no overrides. For a named one, the overrides of ALL apply to
/// every step, then those of the step itself; the template's defaults come before the step's own
/// settings; `initialization` is merged, object by object, other
/// values are replaced.
///
/// The definition, and with it the hash, does not depend on the environment, on the order of keys,
/// on comments, or on the format (YAML or JSON).
compiled_template compile(workflow_template const& source, std::string_view environment);

/// The argument p_steps of the SQL function register_template: a JSON array with an object for each
/// step. Its keys are the columns of tasker.template_steps, without template_id.
std::string steps_json(compiled_template const& compiled);

} // namespace tasker::model
