#include "tasker/measure/shapes.hpp"

#include "tasker/measure/http.hpp"

#include <numeric>
#include <stdexcept>

namespace tasker::measure {

namespace {

void append_step(std::string& out, shape const& of, std::size_t number) {
    auto const name_of = [&](std::size_t step) {
        return of.names.empty() ? "s" + std::to_string(step) : of.names.at(step);
    };
    auto const& handler = of.handlers.empty() ? of.handler : of.handlers.at(number);
    out.append(R"({"name":")").append(name_of(number));
    out.append(R"(","handler":{"callable":")").append(handler).append("\"");
    if (!of.initialization.empty()) {
        out.append(R"(,"initialization":)").append(of.initialization);
    }
    out += '}';
    if (!of.retry.empty()) {
        out.append(R"(,"retry":)").append(of.retry);
    }
    if (!of.parents[number].empty()) {
        out += R"(,"dependencies":[)";
        for (auto const parent : of.parents[number]) {
            out.append("\"").append(name_of(parent)).append("\",");
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
    std::string out = R"({"namespace_name":")" + std::string{bench_namespace} + R"(","name":")" +
                      name + R"(","version":"1.0.0")";
    out += R"(,"steps":[)";
    for (std::size_t number = 0; number < parents.size(); ++number) {
        append_step(out, *this, number);
        out += ',';
    }
    out.back() = ']';
    return out + '}';
}

std::string shape::task_json(std::string_view context, std::string_view more) const {
    std::string out = R"({"namespace":")" + std::string{bench_namespace} + R"(","name":")" + name;
    return out.append(R"(","context":)").append(context).append(more) + '}';
}

std::string shape::creation(std::string_view context, std::string_view more) const {
    return make_request("POST", "/v1/tasks", "application/json", task_json(context, more));
}

std::string shape::batch_json(std::size_t tasks, std::string_view context) const {
    std::string const task = task_json(context);
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
    if (name == "linear4") {
        return {.name = "linear4", .parents = {{}, {0}, {1}, {2}}};
    }
    if (name == "mixed7") { // config/templates/mixed_dag.yaml
        return {.name = "mixed7", .parents = {{}, {0}, {0}, {2}, {1}, {1, 3, 4}, {5, 0}}};
    }
    if (name == "tree7") {
        return {.name = "tree7", .parents = {{}, {0}, {0}, {1}, {1}, {2}, {2}}};
    }
    if (name == "tree8") { // and one that joins the leaves
        return {.name = "tree8", .parents = {{}, {0}, {0}, {1}, {1}, {2}, {2}, {3, 4, 5, 6}}};
    }
    throw std::invalid_argument{"no shape is called \"" + std::string{name} + '"'};
}

shape flat(std::size_t steps) {
    return {.name = "flat-" + std::to_string(steps),
            .parents = std::vector<std::vector<std::size_t>>(steps)};
}

std::string context_of(std::size_t bytes) {
    constexpr std::string_view line = R"({"sku":"ABC-0000","quantity":3,"note":"as ordered"})";
    std::string out = R"({"order":17,"lines":[)";
    while (out.size() + line.size() + 3 <= bytes) {
        out.append(line) += ',';
    }
    if (out.back() == ',') {
        out.pop_back();
    }
    return out + "]}";
}

shape sleeping(int ms, std::string_view name) {
    auto out = named_shape(name);
    out.name = "sleep-" + std::to_string(ms) + '-' + out.name;
    out.handler = "tasker.sleep";
    out.initialization = R"({"ms":)" + std::to_string(ms) + '}';
    return out;
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

} // namespace tasker::measure
