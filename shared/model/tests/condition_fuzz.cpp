// Conditions: what is found out about one without PostgreSQL.
#include "condition.hpp"
#include "tasker/base/assert.hpp"
#include "tasker/json/text.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tasker;
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    if (json::to_utf8(text) != text) {
        return 0; // no template contains it
    }
    auto const facts = model::examine_condition(text, model::until_variables);
    TASKER_ASSERT(!facts.problem || json::to_utf8(*facts.problem) == *facts.problem);
    for (auto const& parent : facts.parents) {
        TASKER_ASSERT(json::to_utf8(parent) == parent);
    }
    // With fewer variables there may be another problem, but not none.
    TASKER_ASSERT(!facts.problem || model::when_problem(text));
    return 0;
}
