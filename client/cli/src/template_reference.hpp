#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tasker::cli {

/// How a template is named on the command line: "NAME", "NS/NAME", "NAME@1.2.3", "NS/NAME/1.2.3".
struct template_reference {
    std::optional<std::string> name_space = {};
    std::string name = {};
    std::optional<std::string> version = {};

    /// None if `text` is not of one of these forms.
    static std::optional<template_reference> parse(std::string_view text);

    friend bool operator==(template_reference const&, template_reference const&) = default;
};

/// Whether version `left` is lower than `right`, number by number. Both as templates allow them.
bool is_lower_version(std::string_view left, std::string_view right);

} // namespace tasker::cli
