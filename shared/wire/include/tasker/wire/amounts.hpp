#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// An amount of a unit, in the budget of a task or in what it spent.
struct amount {
    std::string unit; ///< by model::name_problem
    std::int64_t value = 0;

    friend bool operator==(amount const&, amount const&) = default;
};

/// The amounts of `{"tokens":1000}`. REQUIRES: a JSON object of whole numbers.
std::vector<amount> read_amounts(std::string_view json);

/// `{"tokens":1000}`
std::string amounts_json(std::vector<amount> const& amounts);

} // namespace tasker::wire
