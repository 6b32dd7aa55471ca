// JSON that is accepted is accepted by another reader too, and placeholders in it are filled with
// JSON.
#include "tasker/base/assert.hpp"
#include "tasker/json/placeholders.hpp"
#include "tasker/json/pointer.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace tasker::json {
namespace {

constexpr std::string_view values =
    R"({"a": {"b": [1, "t\u00e9xt", null]}, "": 1.50, "a/b~": true})";
constexpr std::array sources{named_json{"context", values}, named_json{"parents", values}};

std::optional<std::string> filled(std::vector<piece> const& pieces, absent_value absent) {
    try {
        return fill(pieces, sources, absent);
    } catch (placeholder_error const& problem) {
        TASKER_ASSERT(problem.what()[0] != '\0');
        return std::nullopt;
    }
}

void check_text(std::string_view text) {
    for (auto const as : {filling::text, filling::url}) {
        try {
            auto const pieces = split_text(text, as);
            filled(pieces, absent_value::refused);
            auto const whole = filled(pieces, absent_value::null);
            TASKER_ASSERT(!whole || to_utf8(*whole) == *whole);
        } catch (placeholder_error const& problem) {
            TASKER_ASSERT(problem.what()[0] != '\0');
        }
    }
    if (is_pointer(text)) {
        parts_of_pointer(text);
        find(values, text);
    }
}

void check_json(std::string_view text) {
    TASKER_ASSERT(nlohmann::json::accept(text));
    to_plain_text(text);
    find(text, "/a/0");
    try {
        auto const whole = filled(split_json(text), absent_value::null);
        TASKER_ASSERT(!whole || !find_problem(*whole, max_result_nesting));
    } catch (placeholder_error const& problem) {
        TASKER_ASSERT(problem.what()[0] != '\0');
    }
}

} // namespace
} // namespace tasker::json

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tasker::json;
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    if (auto const problem = find_problem(text)) {
        TASKER_ASSERT(!to_sentence(*problem, "the text").empty());
    } else {
        check_json(text);
    }
    if (to_utf8(text) == text) {
        check_text(text);
    }
    return 0;
}
