#include "tasker_core.hpp"
#include "value_kinds.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tasker::model {

namespace {

using std::chrono::minutes;

constexpr std::string_view key = "lifecycle";
constexpr std::string_view of_tasks = "max_duration_minutes";
constexpr std::string_view of_attempts = "max_steps_in_process_minutes";
constexpr std::int32_t most_of_a_task = 43'200;
constexpr std::int32_t most_of_a_state = 10'080;

/// A key that cannot have in Tasker the meaning that it suggests.
struct refused_key {
    std::string_view name;
    std::string_view reason;
};

constexpr std::array refused_keys{
    refused_key{"max_waiting_for_dependencies_minutes",
                "has no counterpart in Tasker: `max_duration_minutes` limits the whole task"},
    refused_key{"max_waiting_for_retry_minutes",
                "has no counterpart in Tasker: `retry.max_backoff_ms` limits the wait for a retry"},
    refused_key{"max_retries", "has no effect in tasker-core: use `retry.max_attempts`"},
    refused_key{"backoff_multiplier", "has no effect in tasker-core: use `retry.backoff`"},
};

constexpr std::array<std::string_view, 9> keys{
    "max_duration_minutes", "max_steps_in_process_minutes", "staleness_action",
    "auto_fail_on_timeout", "auto_dlq_on_timeout",          refused_keys[0].name,
    refused_keys[1].name,   refused_keys[2].name,           refused_keys[3].name};

/// What Tasker does at the end of a time limit anyway.
constexpr std::array<std::string_view, 2> actions{"dlq", "error"};

class lifecycle_reader {
public:
    lifecycle_reader(reading in, document_path const& path, node_index node)
        : in_{in},
          path_{path, key},
          source_{in, path_, node, keys} {
        for (auto const& [name, reason] : refused_keys) {
            refuse(name, std::string{reason});
        }
    }

    void refuse(std::string_view name, std::string problem) const {
        if (auto const node = source_.find(name)) {
            in_.problems.add(document_path{path_, name}, in_.source[*node], std::move(problem));
        }
    }

    /// A time limit that `other` sets too is reported.
    std::optional<std::chrono::milliseconds> limit(std::string_view name, std::int32_t most,
                                                   bool is_set_twice) const {
        auto const node = source_.find(name);
        if (!node) {
            return std::nullopt;
        }
        if (is_set_twice) {
            refuse(name, "cannot be combined with `timeout_seconds`");
        }
        auto const number = read_integer(in_, document_path{path_, name}, *node, 1, most);
        return number ? std::optional<std::chrono::milliseconds>{minutes{*number}} : std::nullopt;
    }

    /// What happens at the end of a time limit cannot be chosen.
    void check_actions() const {
        if (auto const action = source_.find("staleness_action")) {
            document_path const path{path_, "staleness_action"};
            word_kind{actions}.read_index(in_, path, *action);
        }
        for (auto const* const name : {"auto_fail_on_timeout", "auto_dlq_on_timeout"}) {
            auto const node = source_.find(name);
            if (node && read_boolean(in_, document_path{path_, name}, *node) == false) {
                refuse(name, "must be true: at the end of a time limit, a task always fails");
            }
        }
    }

private:
    reading in_;
    document_path path_;
    mapping_reader source_;
};

/// Sets a time limit that does not exceed the one before.
void lower(std::optional<std::chrono::milliseconds>& limit, std::chrono::milliseconds most) {
    limit = std::min(limit.value_or(most), most);
}

} // namespace

void read_task_lifecycle(reading in, document_path const& path, mapping_reader const& source,
                         workflow_template& out) {
    auto const node = source.find(key);
    if (!node || is_empty(in.source[*node])) {
        return;
    }
    lifecycle_reader const from{in, path, *node};
    from.check_actions();
    if (auto const limit = from.limit(of_tasks, most_of_a_task, out.timeout.has_value())) {
        out.timeout = limit;
    }
    if (auto const limit = from.limit(of_attempts, most_of_a_state, false)) {
        if (!out.defaults) {
            out.defaults.emplace();
        }
        lower(out.defaults->timeout, *limit);
        for (auto& step : out.steps) {
            if (step.settings.timeout) {
                lower(step.settings.timeout, *limit);
            }
        }
        for (auto& environment : out.environments) {
            for (auto& step : environment.steps) {
                if (step.settings.timeout) {
                    lower(step.settings.timeout, *limit);
                }
            }
        }
    }
}

void read_step_lifecycle(reading in, document_path const& path, mapping_reader const& source,
                         step_template& out) {
    auto const node = source.find(key);
    if (!node || is_empty(in.source[*node])) {
        return;
    }
    lifecycle_reader const from{in, path, *node};
    for (auto const name :
         {of_tasks, std::string_view{"staleness_action"}, std::string_view{"auto_fail_on_timeout"},
          std::string_view{"auto_dlq_on_timeout"}}) {
        from.refuse(name, "is a key of the template's `lifecycle`, not of a step's");
    }
    auto& timeout = out.settings.timeout;
    if (auto const limit = from.limit(of_attempts, most_of_a_state, timeout.has_value())) {
        timeout = limit;
    }
}

} // namespace tasker::model
