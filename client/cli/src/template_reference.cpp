#include "template_reference.hpp"

#include "tasker/model/names.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace tasker::cli {

namespace {

std::array<std::int64_t, 3> numbers_of(std::string_view version) {
    std::array<std::int64_t, 3> numbers{};
    for (auto& number : numbers) {
        auto const end = version.find('.');
        auto const part = version.substr(0, end);
        std::from_chars(part.data(), part.data() + part.size(), number);
        if (end == std::string_view::npos) {
            break;
        }
        version.remove_prefix(end + 1);
    }
    return numbers;
}

} // namespace

std::optional<template_reference> template_reference::parse(std::string_view text) {
    template_reference found;
    if (auto const at = text.find('@'); at != std::string_view::npos) {
        found.version = text.substr(at + 1);
        text = text.substr(0, at);
    }
    if (auto const slash = text.find('/'); slash != std::string_view::npos) {
        found.name_space = text.substr(0, slash);
        text.remove_prefix(slash + 1);
    }
    if (auto const slash = text.find('/'); slash != std::string_view::npos && !found.version) {
        found.version = text.substr(slash + 1);
        text = text.substr(0, slash);
    }
    found.name = text;
    if (model::name_problem(found.name) ||
        (found.name_space && model::namespace_problem(*found.name_space)) ||
        (found.version && model::version_problem(*found.version))) {
        return std::nullopt;
    }
    return found;
}

bool is_lower_version(std::string_view left, std::string_view right) {
    return numbers_of(left) < numbers_of(right);
}

} // namespace tasker::cli
