#include "arithmetic.hpp"

#include "journal.hpp"

#include <cstdint>
#include <vector>

namespace tasker::engine {

namespace {

constexpr std::int64_t modulus = 1'000'000'007;

std::vector<std::int64_t> inputs(worker::step_context const& step) {
    if (step.parents().empty()) {
        return {step.context().at("n").get<std::int64_t>()};
    }
    std::vector<std::int64_t> out;
    out.reserve(step.parents().size());
    for (auto const& parent : step.parents()) {
        out.push_back(parent.get<std::int64_t>());
    }
    return out;
}

std::int64_t sum(worker::step_context const& step) {
    std::int64_t out = 0;
    for (auto const input : inputs(step)) {
        out = (out + input) % modulus;
    }
    return out;
}

std::int64_t operand(worker::step_context const& step) {
    return step.initialization().at("operand").get<std::int64_t>();
}

std::int64_t add(worker::step_context const& step) {
    return (sum(step) + operand(step)) % modulus;
}

std::int64_t multiply(worker::step_context const& step) {
    std::int64_t out = operand(step);
    for (auto const input : inputs(step)) {
        out = out * input % modulus;
    }
    return out;
}

std::int64_t square(worker::step_context const& step) {
    auto const input = sum(step);
    return input * input % modulus;
}

worker::handler journaled(std::int64_t (*compute)(worker::step_context const&)) {
    return [compute](worker::step_context const& step) -> worker::step_result {
        journal_entry const entry{step};
        return nlohmann::json(compute(step));
    };
}

} // namespace

void add_arithmetic(worker::worker& to) {
    to.handle("math.add", journaled(add));
    to.handle("math.multiply", journaled(multiply));
    to.handle("math.square", journaled(square));
}

} // namespace tasker::engine
