#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace tasker::engine {

enum class operation : std::uint8_t { add, multiply, square };

struct arithmetic_step {
    std::string name;
    operation does = operation::add;
    std::int64_t operand = 0;
    std::vector<std::size_t> parents = {}; ///< indices of earlier steps
};

/// A workflow whose steps compute with their parents' results, by the handlers math.… of
/// tasker-test-worker; every step comes after its parents.
struct arithmetic_dag {
    std::string name;
    std::vector<arithmetic_step> steps;

    std::size_t size() const noexcept {
        return steps.size();
    }
};

/// The template as JSON, version 1.0.0 in the default namespace, its steps in the order of
/// `order` (all indices), or in their own if that is empty.
std::string template_json(arithmetic_dag const& dag, std::vector<std::size_t> const& order = {});

/// The expected result of every step by name, computed without the engine.
std::map<std::string, std::int64_t> interpret(arithmetic_dag const& dag, std::int64_t n);

/// The part of `results` that belongs to steps without children.
std::map<std::string, std::int64_t> leaves_of(arithmetic_dag const& dag,
                                              std::map<std::string, std::int64_t> const& results);

/// Any graph of that many steps: some without parents, some with many.
arithmetic_dag random_dag(std::mt19937_64& random, std::string name, std::size_t steps);

/// 0 to steps - 1 in any order.
std::vector<std::size_t> random_order(std::mt19937_64& random, std::size_t steps);

} // namespace tasker::engine
