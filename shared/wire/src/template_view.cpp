#include "tasker/wire/template_view.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using rule = field_rule<template_view>;
using enum presence;

constexpr std::array rules{
    rule{"template_id", required,
         [](field_value const& v, template_view& out) {
             out.id = template_id{v.number<std::int32_t>()};
         }},
    rule{"namespace", required,
         [](field_value const& v, template_view& out) { out.name_space = v.text(); }},
    rule{"name", required, [](field_value const& v, template_view& out) { out.name = v.text(); }},
    rule{"version", required,
         [](field_value const& v, template_view& out) { out.version = v.text(); }},
    rule{"environment", required,
         [](field_value const& v, template_view& out) { out.environment = v.text(); }},
    rule{"steps_total", required,
         [](field_value const& v, template_view& out) {
             out.steps_total = v.number<std::int32_t>();
         }},
    rule{"created_at", required,
         [](field_value const& v, template_view& out) { out.created_at = v.moment(); }},
    rule{"definition", optional,
         [](field_value const& v, template_view& out) { out.definition = v.optional_json(); }},
};

} // namespace

void append(std::string& out, template_view const& shown) {
    json::object_writer writer{out};
    writer.number("template_id", shown.id.value);
    writer.text("namespace", shown.name_space);
    writer.text("name", shown.name);
    writer.text("version", shown.version);
    writer.text("environment", shown.environment);
    writer.number("steps_total", shown.steps_total);
    writer.moment("created_at", shown.created_at);
    if (shown.definition) {
        writer.json("definition", *shown.definition);
    }
}

result<template_view> read_template_view(std::string_view json) {
    return read_view<template_view>(json, rules);
}

void append(std::string& out, page<template_view> const& templates) {
    json::object_writer writer{out};
    json::append_array(writer.key("templates"), templates.items);
    writer.text_or_null("next_cursor", templates.next_cursor);
}

result<page<template_view>> read_template_page(std::string_view json) {
    return read_page<template_view>(json, "templates", rules);
}

} // namespace tasker::wire
