#pragma once

#include "tasker/model/workflow_template.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::model {

/// A step with all its settings resolved for one environment.
struct compiled_step {
    std::string name;
    std::vector<std::int32_t> parents;  ///< step numbers, ascending; all below this step's number
    std::vector<std::int32_t> children; ///< step numbers, ascending; all above this step's number
    std::string handler;
    std::optional<std::string> handler_method;
    std::string initialization = "{}"; ///< JSON object
    bool retryable = true;
    std::int32_t max_attempts = 3;
    backoff_kind backoff = backoff_kind::exponential;
    std::int32_t backoff_base_ms = 1'000;
    std::int32_t max_backoff_ms = 60'000;
    std::optional<std::int32_t> timeout_ms;
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
    std::vector<compiled_step> steps; ///< in topological order: the index is the step's number
};

/// `steps` are in the order of the template as far as their dependencies allow it. An environment
/// that the template does not name has no overrides. For a named one, the overrides of ALL apply to
/// every step, then those of the step itself; `initialization` is merged, object by object, other
/// values are replaced.
///
/// The definition, and with it the hash, does not depend on the environment, on the order of keys,
/// on comments, or on the format (YAML or JSON).
compiled_template compile(workflow_template const& source, std::string_view environment);

/// The argument p_steps of the SQL function register_template: a JSON array of
/// `{"step_no":0,"name":"","parents":[],"children":[],"handler":"","handler_method":null,
///   "initialization":{},"retryable":true,"max_attempts":3,"backoff":"exponential",
///   "backoff_base_ms":1000,"max_backoff_ms":60000,"timeout_ms":null}`.
std::string steps_json(compiled_template const& compiled);

} // namespace tasker::model
