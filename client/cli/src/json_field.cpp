#include "json_field.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace tasker::cli {

namespace {

constexpr std::size_t one_line_limit = 60;

} // namespace

result<std::string> json_field(std::string_view json, std::string const& pointer) {
    if (auto problem = json_pointer_problem(pointer); !problem.empty()) {
        return make_error(errc::invalid_argument, std::move(problem));
    }
    auto const whole = nlohmann::ordered_json::parse(json, nullptr, false);
    if (whole.is_discarded()) {
        return make_error(errc::internal, "the answer is not JSON");
    }
    try {
        nlohmann::ordered_json::json_pointer const parsed{pointer};
        if (!whole.contains(parsed)) {
            return make_error(errc::not_found, "the answer has no field " + pointer);
        }
        auto const& part = whole.at(parsed);
        return part.is_string() ? part.get<std::string>() : part.dump();
    } catch (nlohmann::json::exception const& broken) {
        return make_error(errc::not_found,
                          "the answer has no field " + pointer + ": " + broken.what());
    }
}

std::string json_pointer_problem(std::string const& pointer) {
    try {
        nlohmann::ordered_json::json_pointer const parsed{pointer};
        return {};
    } catch (nlohmann::json::exception const&) {
        return '"' + pointer + "\" is not a JSON pointer such as /result/report";
    }
}

std::string indented_json(std::string_view json) {
    if (json.size() <= one_line_limit) {
        return std::string{json};
    }
    auto const parsed = nlohmann::ordered_json::parse(json, nullptr, false);
    if (parsed.is_discarded()) {
        return std::string{json};
    }
    constexpr int indent = 2;
    return parsed.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace tasker::cli
