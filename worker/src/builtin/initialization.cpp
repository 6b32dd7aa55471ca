#include "builtin/initialization.hpp"

#include "tasker/base/edit_distance.hpp"
#include "tasker/json/pointer.hpp"
#include "tasker/worker/step_result.hpp"

#include <algorithm>

namespace tasker::worker {

namespace {

[[noreturn]] void refuse_type(std::string_view key, char const* expected,
                              nlohmann::json const& value) {
    initialization::refuse('"' + std::string{key} + "\" must be " + expected + ", not " +
                           value.type_name());
}

} // namespace

initialization::initialization(step_context const& step)
    : object_{step.initialization()},
      object_text_{step.initialization_text()} {
    if (!object_.is_object()) {
        refuse("it must be an object");
    }
}

bool initialization::has(std::string_view key) {
    return find(key) != nullptr;
}

nlohmann::json const* initialization::find(std::string_view key) {
    allowed_.push_back(key);
    auto const found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
}

std::optional<std::string_view> initialization::raw(std::string_view key) {
    allowed_.push_back(key);
    return json::find(object_text_, '/' + std::string{key});
}

std::string initialization::text(std::string_view key) {
    auto const* const value = find(key);
    if (value == nullptr) {
        refuse('"' + std::string{key} + "\" is missing");
    }
    if (!value->is_string()) {
        refuse_type(key, "a string", *value);
    }
    return value->get<std::string>();
}

std::string initialization::text(std::string_view key, std::string otherwise) {
    return has(key) ? text(key) : std::move(otherwise);
}

bool initialization::truth(std::string_view key, bool otherwise) {
    auto const* const value = find(key);
    if (value != nullptr && !value->is_boolean()) {
        refuse_type(key, "true or false", *value);
    }
    return value == nullptr ? otherwise : value->get<bool>();
}

std::int64_t initialization::integer(std::string_view key, std::int64_t otherwise,
                                     std::int64_t least, std::int64_t most) {
    auto const* const value = find(key);
    if (value == nullptr) {
        return otherwise;
    }
    if (!value->is_number_integer()) {
        refuse_type(key, "an integer", *value);
    }
    auto const number = value->get<std::int64_t>();
    if (number < least || number > most) {
        refuse('"' + std::string{key} + "\" must be from " + std::to_string(least) + " to " +
               std::to_string(most) + ", not " + value->dump());
    }
    return number;
}

std::vector<std::int64_t> initialization::integers(std::string_view key,
                                                   std::vector<std::int64_t> otherwise) {
    auto const* const value = find(key);
    if (value == nullptr) {
        return otherwise;
    }
    auto const is_integer = [](auto const& each) { return each.is_number_integer(); };
    if (value->is_number_integer()) {
        return {value->get<std::int64_t>()};
    }
    if (!value->is_array() || !std::ranges::all_of(*value, is_integer)) {
        refuse_type(key, "an integer or a list of them", *value);
    }
    return value->get<std::vector<std::int64_t>>();
}

void initialization::finish() const {
    for (auto const& [key, value] : object_.items()) {
        if (std::ranges::find(allowed_, key) == allowed_.end()) {
            auto const meant = nearest(key, allowed_);
            refuse('"' + key + "\" is an unknown key" +
                   (meant ? "; did you mean \"" + std::string{*meant} + "\"?" : ""));
        }
    }
}

void initialization::refuse(std::string const& problem) {
    throw permanent_failure{"initialization: " + problem, "invalid_initialization"};
}

} // namespace tasker::worker
