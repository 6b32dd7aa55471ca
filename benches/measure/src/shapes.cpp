#include "tasker/measure/shapes.hpp"

#include "tasker/measure/http.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <numeric>

namespace tasker::measure {

namespace {

using nlohmann::json;

json step_json(shape const& of, std::size_t number) {
    auto const name_of = [&](std::size_t step) {
        return of.names.empty() ? "s" + std::to_string(step) : of.names.at(step);
    };
    json out{
        {"name", name_of(number)},
        {"handler", {{"callable", of.handlers.empty() ? of.handler : of.handlers.at(number)}}}};
    if (!of.initialization.empty()) {
        out["handler"]["initialization"] = json::parse(of.initialization);
    }
    if (!of.retry.empty()) {
        out["retry"] = json::parse(of.retry);
    }
    if (!of.keys.empty() && !of.keys.at(number).empty()) {
        out.update(json::parse(of.keys.at(number)));
        if (out.contains("sleep") || out.contains("signal")) {
            out.erase("handler");
        }
    }
    for (auto const parent : of.parents[number]) {
        out["dependencies"].push_back(name_of(parent));
    }
    return out;
}

} // namespace

std::size_t shape::edges() const noexcept {
    return std::accumulate(parents.begin(), parents.end(), std::size_t{0},
                           [](std::size_t sum, auto const& each) { return sum + each.size(); });
}

std::string shape::template_json() const {
    json out{{"namespace_name", bench_namespace}, {"name", name}, {"version", "1.0.0"}};
    for (std::size_t number = 0; number < parents.size(); ++number) {
        out["steps"].push_back(step_json(*this, number));
    }
    return out.dump();
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
    static std::map<std::string_view, std::vector<std::vector<std::size_t>>> const known{
        {"single", {{}}},
        {"linear3", {{}, {0}, {1}}},
        {"linear4", {{}, {0}, {1}, {2}}},
        {"diamond4", {{}, {0}, {0}, {1, 2}}},
        {"mixed7", {{}, {0}, {0}, {2}, {1}, {1, 3, 4}, {5, 0}}}, // config/templates/mixed_dag.yaml
        {"tree7", {{}, {0}, {0}, {1}, {1}, {2}, {2}}},
        {"tree8", {{}, {0}, {0}, {1}, {1}, {2}, {2}, {3, 4, 5, 6}}}}; // its leaves are joined
    return {.name = std::string{name}, .parents = known.at(name)};
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
