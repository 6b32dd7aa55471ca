#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::measure {

/// The namespace of all measurements: no other worker reads its queues.
inline constexpr std::string_view bench_namespace = "bench";

/// The graph of a workflow whose steps all have one handler, by default one that does nothing.
struct shape {
    std::string name;
    /// The parents of each step, all of lower numbers.
    std::vector<std::vector<std::size_t>> parents;
    std::string handler = "tasker.noop";
    std::string initialization = {};        ///< of the handler, a JSON object; empty: none
    std::string retry = {};                 ///< of every step, a JSON object; empty: the default
    std::vector<std::string> names = {};    ///< of the steps; empty: s0, s1, …
    std::vector<std::string> handlers = {}; ///< of each step, instead of the one for all
    /// Of each step, further keys as a JSON object, or empty. A step with `sleep` or `signal` has
    /// no handler.
    std::vector<std::string> keys = {};

    std::size_t steps() const noexcept {
        return parents.size();
    }
    std::size_t edges() const noexcept;

    /// The template as JSON, for POST /v1/templates: in the namespace `bench`.
    std::string template_json() const;

    /// The body of POST /v1/tasks. `more`: further fields, as `,"priority":4`.
    std::string task_json(std::string_view context = R"({"order":17})",
                          std::string_view more = {}) const;

    /// The request POST /v1/tasks with that body.
    std::string creation(std::string_view context = R"({"order":17})",
                         std::string_view more = {}) const;

    /// The body of POST /v1/tasks/batch.
    std::string batch_json(std::size_t tasks, std::string_view context = R"({"order":17})") const;
};

/// "single", "linear3", "linear4", "diamond4", "mixed7", "tree7" or "tree8".
/// Errors: throws std::out_of_range.
shape named_shape(std::string_view name);

/// A named shape whose steps sleep for this many ms.
shape sleeping(int ms, std::string_view name = "single");

shape chain(std::size_t steps);

/// Steps that do not depend on each other.
shape flat(std::size_t steps);

/// A JSON object of about this size.
std::string context_of(std::size_t bytes);

/// A first step, `width` that follow it, and a last one that follows all of these.
shape fan(std::size_t width);

/// Layers of `width` steps, each of which follows all of the layer before.
shape layered(std::size_t steps, std::size_t width);

} // namespace tasker::measure
