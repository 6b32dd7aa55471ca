#pragma once

#include "tasker/base/error.hpp"
#include "tasker/client/client.hpp"
#include "tasker/model/workflow_template.hpp"

#include <string>

namespace tasker::cli {

/// A template file, unparsed.
struct template_document {
    std::string path; ///< "-": standard input
    std::string text;
    client::template_format format = client::template_format::yaml;

    /// JSON if the name ends with ".json", or, on standard input, if it begins with a brace.
    /// Errors: errc::not_found.
    static result<template_document> read(std::string const& path);

    model::template_result parse() const;
};

/// "order.yaml:7: steps[3].handler: must be …", a line for each.
std::string to_text(model::invalid_template const& invalid, std::string const& path);

/// `{"file":"…","valid":false,"problems":[{"line":7,"path":"…","problem":"…"}]}`
std::string to_json(model::template_result const& parsed, std::string const& path);

} // namespace tasker::cli
