#pragma once

#include "tasker/model/workflow_template.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tasker::model {

/// What is wrong with a template, in words, each as "line 3: path: problem".
inline std::vector<std::string> problems_of(template_result const& result) {
    std::vector<std::string> out;
    if (!result) {
        for (auto const& problem : result.error().problems) {
            out.push_back(to_string(problem));
        }
    }
    return out;
}

inline std::vector<std::string> problems_of_yaml(std::string_view text) {
    return problems_of(parse_template_yaml(text));
}

inline std::vector<std::string> problems_of_json(std::string_view text) {
    return problems_of(parse_template_json(text));
}

} // namespace tasker::model
