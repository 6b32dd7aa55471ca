#include "handlers.hpp"

#include "tasker/worker/children.hpp"

#include <charconv>
#include <stdexcept>
#include <vector>

namespace tasker::suites {

namespace {

worker::step_result choose(worker::step_context const& step) {
    bool const is_even = step.context().at("order").get<std::int64_t>() % 2 == 0;
    return nlohmann::json(is_even ? "left" : "right");
}

worker::step_result branch(worker::step_context const& step) {
    bool const is_chosen = step.parent_json("choose") == step.name();
    return nlohmann::json(is_chosen ? 1 : 0);
}

worker::step_result rows(worker::step_context const& step) {
    auto const& all = step.context().at("rows");
    auto const parts = step.initialization().at("parts").get<std::size_t>();
    auto const name = step.name();
    std::size_t part = 0;
    auto const number = name.substr(name.rfind('-') + 1);
    std::from_chars(number.data(), number.data() + number.size(), part);
    std::int64_t sum = 0;
    for (std::size_t i = part; i < all.size(); i += parts) {
        sum += all[i].at("amount").get<std::int64_t>();
    }
    return nlohmann::json(sum);
}

worker::step_result sum(worker::step_context const& step) {
    std::int64_t total = 0;
    for (auto const& each : step.parents()) {
        total += each.get<std::int64_t>();
    }
    return nlohmann::json(total);
}

} // namespace

std::uint64_t calculate(std::uint64_t seed) {
    constexpr int rounds = 100'000;
    for (int i = 0; i < rounds; ++i) {
        seed ^= seed << 13U;
        seed ^= seed >> 7U;
        seed ^= seed << 17U;
    }
    return seed;
}

void add_handlers(worker::worker& to) {
    to.handle("bench.calculate", [](worker::step_context const&) -> worker::step_result {
        return nlohmann::json(calculate(17));
    });
    to.handle("bench.choose", choose);
    to.handle("bench.branch", branch);
    to.handle("bench.rows", rows);
    to.handle("bench.sum", sum);
    to.handle("bench.list", [](worker::step_context const& step) -> worker::step_result {
        return nlohmann::json(
            std::vector<int>(step.initialization().at("elements").get<std::size_t>(), 17));
    });
    to.handle("bench.children", [](worker::step_context const& step) -> worker::step_result {
        std::vector<worker::child_task> wanted(
            step.initialization().at("children").get<std::size_t>());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            wanted[i].key = std::to_string(i);
            wanted[i].name = "plain";
        }
        return worker::children(wanted);
    });
    to.handle("bench.batch", [](worker::step_context const& step) -> worker::step_result {
        return nlohmann::json(std::vector<int>(step.items().size(), 17));
    });
}

} // namespace tasker::suites
