#pragma once

#include "tasker/json/placeholders.hpp"
#include "tasker/json_schema/validator.hpp"
#include "tasker/worker/step_result.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tasker::worker {

struct execution;

/// The settings of a step that only the worker reads: the rows of the template's keys that are
/// declared `for_worker()`.
struct claimed_settings {
    std::vector<json::piece> inputs; ///< empty: the step has none
    json_schema::validator result_schema;

    /// From a JSON object, the column tasker.template_steps.worker_settings.
    explicit claimed_settings(std::string_view text);
};

/// Parses settings once for each text.
/// Threads: any.
class claimed_settings_cache {
public:
    std::shared_ptr<claimed_settings const> find(std::string const& text);

private:
    static constexpr std::size_t most = 10'000; ///< then it starts again

    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<claimed_settings const>> known_;
};

/// Reads the step's settings and fills its inputs, before its handler runs. Returns why the step
/// fails permanently, if it does: "invalid_inputs", or "invalid_settings".
std::optional<step_failure> prepare(execution& step, claimed_settings_cache& known);

} // namespace tasker::worker
