#include "shapes.hpp"

#include <numeric>
#include <stdexcept>

namespace tasker::load {

namespace {

void append_step(std::string& out, std::size_t number, std::vector<std::size_t> const& parents) {
    out.append(R"({"name":"s)").append(std::to_string(number));
    out += R"(","handler":{"callable":"tasker.noop"})";
    if (!parents.empty()) {
        out += R"(,"dependencies":[)";
        for (auto const parent : parents) {
            out.append("\"s").append(std::to_string(parent)).append("\",");
        }
        out.back() = ']';
    }
    out += '}';
}

} // namespace

std::size_t shape::edges() const noexcept {
    return std::accumulate(parents.begin(), parents.end(), std::size_t{0},
                           [](std::size_t sum, auto const& each) { return sum + each.size(); });
}

std::string shape::template_json() const {
    std::string out = R"({"namespace_name":"load","name":")" + name + R"(","version":"1.0.0")";
    out += R"(,"steps":[)";
    for (std::size_t number = 0; number < parents.size(); ++number) {
        append_step(out, number, parents[number]);
        out += ',';
    }
    out.back() = ']';
    return out + '}';
}

std::string shape::task_json() const {
    return R"({"namespace":"load","name":")" + name + R"(","context":{"order":17}})";
}

std::string shape::batch_json(std::size_t tasks) const {
    std::string const task = task_json();
    std::string out = R"({"tasks":[)";
    out.reserve(out.size() + tasks * (task.size() + 1) + 1);
    for (std::size_t i = 0; i < tasks; ++i) {
        out.append(task) += ',';
    }
    out.back() = ']';
    return out + '}';
}

shape named_shape(std::string_view name) {
    if (name == "single") {
        return {.name = "single", .parents = {{}}};
    }
    if (name == "linear3") {
        return {.name = "linear3", .parents = {{}, {0}, {1}}};
    }
    if (name == "diamond4") {
        return {.name = "diamond4", .parents = {{}, {0}, {0}, {1, 2}}};
    }
    throw std::invalid_argument{"no shape is called \"" + std::string{name} + '"'};
}

shape chain(std::size_t steps) {
    shape out{.name = "chain-" + std::to_string(steps), .parents = {{}}};
    for (std::size_t number = 1; number < steps; ++number) {
        out.parents.push_back({number - 1});
    }
    return out;
}

shape fan(std::size_t width) {
    shape out{.name = "fan-" + std::to_string(width), .parents = {{}}};
    out.parents.resize(width + 1, std::vector<std::size_t>{0});
    out.parents.emplace_back(width);
    std::iota(out.parents.back().begin(), out.parents.back().end(), std::size_t{1});
    return out;
}

shape layered(std::size_t steps, std::size_t width) {
    shape out{.name = "layered-" + std::to_string(steps), .parents = {}};
    for (std::size_t number = 0; number < steps; ++number) {
        auto const layer = number / width;
        std::vector<std::size_t> above(layer == 0 ? 0 : width);
        std::iota(above.begin(), above.end(), layer == 0 ? 0 : (layer - 1) * width);
        out.parents.push_back(std::move(above));
    }
    return out;
}

} // namespace tasker::load
