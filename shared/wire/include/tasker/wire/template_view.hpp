#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// A registered template as the API shows it.
struct template_view {
    template_id id; ///< "template_id"
    std::string name_space;
    std::string name;
    std::string version;
    std::string environment;
    std::int32_t steps_total = 0;
    timestamp created_at;
    std::optional<std::string> definition; ///< JSON; lists omit it

    friend bool operator==(template_view const&, template_view const&) = default;
};

/// An absent definition is not written.
void append(std::string& out, template_view const& shown);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<template_view> read_template_view(std::string_view json);

/// `{"templates":[…],"next_cursor":…}`
void append(std::string& out, page<template_view> const& templates);
result<page<template_view>> read_template_page(std::string_view json);

} // namespace tasker::wire
