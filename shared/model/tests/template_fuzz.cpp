// A template that is accepted has a definition that means the same, in YAML and in JSON.
#include "tasker/base/assert.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"
#include "tasker/model/compiled_template.hpp"

#include <cstddef>
#include <cstdint>

namespace tasker::model {
namespace {

void check(template_result const& read) {
    if (!read) {
        TASKER_ASSERT(!read.error().problems.empty());
        for (auto const& problem : read.error().problems) {
            auto const text = to_string(problem);
            TASKER_ASSERT(!problem.problem.empty() && json::to_utf8(text) == text);
        }
        return;
    }
    for (auto const* environment : {"production", "test"}) {
        auto const compiled = compile(*read, environment);
        TASKER_ASSERT(!json::find_problem(compiled.definition, json::max_result_nesting));
        TASKER_ASSERT(!json::find_problem(steps_json(compiled), json::max_result_nesting));
        auto const again = parse_template_json(compiled.definition);
        TASKER_ASSERT(again && compile(*again, environment).hash == compiled.hash);
    }
}

} // namespace
} // namespace tasker::model

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tasker::model;
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    auto const from_yaml = parse_template_yaml(text);
    auto const from_json = parse_template_json(text);
    check(from_yaml);
    check(from_json);
    TASKER_ASSERT(!from_yaml || !from_json ||
                  compile(*from_yaml, "test").hash == compile(*from_json, "test").hash);
    return 0;
}
