#include "template_text.hpp"

#include "moments.hpp"
#include "table.hpp"
#include "task_text.hpp"

#include "tasker/model/compiled_template.hpp"

#include <fmt/format.h>

#include <utility>

namespace tasker::cli {

std::string template_list_text(std::vector<wire::template_view> const& templates,
                               terminal const& out) {
    table rows{
        {{"TEMPLATE"}, {"VERSION"}, {"STEPS", align::right}, {"ENVIRONMENT"}, {"REGISTERED"}}};
    for (auto const& each : templates) {
        rows.add_row({{each.name_space + '/' + each.name},
                      {each.version},
                      {std::to_string(each.steps_total)},
                      {each.environment},
                      {moment_text(each.created_at)}});
    }
    return rows.to_text(out);
}

std::string template_text(wire::template_view const& shown, model::workflow_template const& source,
                          terminal const& out) {
    std::vector<std::pair<std::string, segment>> lines{
        {"template", {shown.name_space + '/' + shown.name + ' ' + shown.version, tone::strong}},
        {"registered", {moment_text(shown.created_at)}},
        {"environment", {shown.environment}},
    };
    if (source.description) {
        lines.push_back({"about", {*source.description}});
    }
    table rows{
        {{"STEP"}, {"HANDLER"}, {"ATTEMPTS", align::right}, {"TIME-OUT", align::right}, {"AFTER"}}};
    auto const compiled = model::compile(source, shown.environment);
    for (auto const& step : compiled.steps) {
        std::string after;
        for (auto const parent : step.parents) {
            after += (after.empty() ? "" : ", ") +
                     compiled.steps[static_cast<std::size_t>(parent)].source.name;
        }
        auto const& settings = step.source.settings;
        auto const attempts = settings.retryable.value() ? settings.max_attempts.value() : 1;
        rows.add_row(
            {{step.source.name},
             {*settings.callable + (settings.method ? '.' + *settings.method : std::string{})},
             {std::to_string(attempts)},
             {settings.timeout ? duration_text(*settings.timeout) : std::string{}},
             {std::move(after)}});
        if (auto const priority = step.source.priority) {
            rows.add_note({"priority " + priority_text(static_cast<std::int16_t>(*priority))});
        }
    }
    return to_text(lines, out) + '\n' + rows.to_text(out);
}

} // namespace tasker::cli
