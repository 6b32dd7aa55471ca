#include "engine_dag.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <utility>

namespace tasker::engine {

namespace {

constexpr std::int64_t modulus = 1'000'000'007;
constexpr std::array<char const*, 3> handlers{"math.add", "math.multiply", "math.square"};

std::int64_t compute(arithmetic_step const& step, std::vector<std::int64_t> const& inputs) {
    std::int64_t sum = 0;
    std::int64_t product = step.operand;
    for (auto const input : inputs) {
        sum = (sum + input) % modulus;
        product = product * input % modulus;
    }
    switch (step.does) {
    case operation::add:
        return (sum + step.operand) % modulus;
    case operation::multiply:
        return product;
    case operation::square:
        break;
    }
    return sum * sum % modulus;
}

std::size_t pick(std::mt19937_64& random, std::size_t from, std::size_t to) {
    return std::uniform_int_distribution{from, to}(random);
}

} // namespace

std::string template_json(arithmetic_dag const& dag, std::vector<std::size_t> const& order) {
    auto steps = nlohmann::json::array();
    for (std::size_t i = 0; i < dag.size(); ++i) {
        auto const& step = dag.steps[order.empty() ? i : order[i]];
        auto parents = nlohmann::json::array();
        for (auto const parent : step.parents) {
            parents.push_back(dag.steps[parent].name);
        }
        steps.push_back({{"name", step.name},
                         {"handler",
                          {{"callable", handlers[static_cast<std::size_t>(step.does)]},
                           {"initialization", {{"operand", step.operand}}}}},
                         {"dependencies", std::move(parents)}});
    }
    return nlohmann::json{{"name", dag.name}, {"version", "1.0.0"}, {"steps", std::move(steps)}}
        .dump();
}

std::map<std::string, std::int64_t> interpret(arithmetic_dag const& dag, std::int64_t n) {
    std::vector<std::int64_t> results;
    std::map<std::string, std::int64_t> out;
    for (auto const& step : dag.steps) {
        std::vector<std::int64_t> inputs;
        for (auto const parent : step.parents) {
            inputs.push_back(results.at(parent));
        }
        if (inputs.empty()) {
            inputs.push_back(n);
        }
        results.push_back(compute(step, inputs));
        out[step.name] = results.back();
    }
    return out;
}

std::map<std::string, std::int64_t> leaves_of(arithmetic_dag const& dag,
                                              std::map<std::string, std::int64_t> const& results) {
    auto out = results;
    for (auto const& step : dag.steps) {
        for (auto const parent : step.parents) {
            out.erase(dag.steps[parent].name);
        }
    }
    return out;
}

arithmetic_dag random_dag(std::mt19937_64& random, std::string name, std::size_t steps) {
    arithmetic_dag out{.name = std::move(name), .steps = {}};
    for (std::size_t i = 0; i < steps; ++i) {
        constexpr std::size_t most_parents = 6;
        std::set<std::size_t> parents;
        for (auto left = i == 0 ? 0 : pick(random, 0, most_parents); left > 0; --left) {
            parents.insert(pick(random, 0, i - 1));
        }
        out.steps.push_back({.name = "step-" + std::to_string(i),
                             .does = static_cast<operation>(pick(random, 0, 2)),
                             .operand = static_cast<std::int64_t>(pick(random, 1, 1'000)),
                             .parents = {parents.begin(), parents.end()}});
    }
    return out;
}

std::vector<std::size_t> random_order(std::mt19937_64& random, std::size_t steps) {
    std::vector<std::size_t> out(steps);
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::ranges::shuffle(out, random);
    return out;
}

} // namespace tasker::engine
