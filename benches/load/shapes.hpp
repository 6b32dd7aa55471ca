#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::load {

/// The graph of a workflow whose steps do nothing.
struct shape {
    std::string name;
    /// The parents of each step, all of lower numbers.
    std::vector<std::vector<std::size_t>> parents;

    std::size_t steps() const noexcept {
        return parents.size();
    }
    std::size_t edges() const noexcept;

    /// The template as JSON, for POST /v1/templates: "load" is its namespace.
    std::string template_json() const;

    /// The body of POST /v1/tasks.
    std::string task_json() const;

    /// The body of POST /v1/tasks/batch.
    std::string batch_json(std::size_t tasks) const;
};

/// "single", "linear3" or "diamond4". Errors: throws std::invalid_argument.
shape named_shape(std::string_view name);

shape chain(std::size_t steps);

/// A first step, `width` that follow it, and a last one that follows all of these.
shape fan(std::size_t width);

/// Layers of `width` steps, each of which follows all of the layer before.
shape layered(std::size_t steps, std::size_t width);

} // namespace tasker::load
