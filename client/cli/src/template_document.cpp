#include "template_document.hpp"

#include "input_text.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace tasker::cli {

namespace {

std::string const& shown_name(std::string const& path) {
    static std::string const standard_input = "<stdin>";
    return path == "-" ? standard_input : path;
}

bool looks_like_json(std::string const& path, std::string const& text) {
    if (path != "-") {
        return path.ends_with(".json");
    }
    auto const first = text.find_first_not_of(" \t\r\n");
    return first != std::string::npos && text[first] == '{';
}

} // namespace

result<template_document> template_document::read(std::string const& path) {
    auto text = read_input(path);
    if (text.has_error()) {
        return std::move(text).error();
    }
    auto const format = looks_like_json(path, *text) ? client::template_format::json
                                                     : client::template_format::yaml;
    return template_document{path, std::move(*text), format};
}

model::template_result template_document::parse() const {
    return format == client::template_format::json ? model::parse_template_json(text)
                                                   : model::parse_template_yaml(text);
}

std::string to_text(model::invalid_template const& invalid, std::string const& path) {
    std::string text;
    for (auto const& found : invalid.problems) {
        text += shown_name(path) + ':';
        if (found.line > 0) {
            text += std::to_string(found.line) + ':';
        }
        text += ' ' + (found.path.empty() ? "" : found.path + ": ") + found.problem + '\n';
    }
    return text;
}

std::string to_json(model::template_result const& parsed, std::string const& path) {
    nlohmann::ordered_json report{{"file", shown_name(path)},
                                  {"valid", parsed.has_value()},
                                  {"problems", nlohmann::ordered_json::array()}};
    if (parsed.has_error()) {
        for (auto const& found : parsed.error().problems) {
            report["problems"].push_back(
                {{"line",
                  found.line > 0 ? nlohmann::ordered_json(found.line) : nlohmann::ordered_json()},
                 {"path", found.path},
                 {"problem", found.problem}});
        }
    }
    return report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

} // namespace tasker::cli
