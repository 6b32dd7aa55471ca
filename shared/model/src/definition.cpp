#include "definition.hpp"

#include "template_fields.hpp"

namespace tasker::model {

namespace {

void write_step(std::string& out, step_template const& source) {
    json::object_writer step{out};
    write_fields(step, step_fields, source);
    if (source.dependencies) {
        json::append_array(step.key("dependencies"), *source.dependencies, json::append_string);
    }
    write_fields(step, settings_fields, source.settings);
}

void write_override(std::string& out, step_override const& source) {
    json::object_writer step{out};
    step.text("name", source.step);
    write_fields(step, settings_fields, source.settings);
}

void write_environment(std::string& out, environment_overrides const& source) {
    json::object_writer environment{out};
    json::append_array(environment.key("steps"), source.steps, write_override);
}

} // namespace

std::string to_definition(workflow_template const& source) {
    std::string out;
    {
        json::object_writer top{out};
        write_fields(top, template_fields, source);
        if (source.defaults) {
            json::object_writer defaults{top.key("defaults")};
            write_fields(defaults, settings_fields, *source.defaults);
        }
        json::append_array(top.key("steps"), source.steps, write_step);
        if (!source.environments.empty()) {
            json::object_writer environments{top.key("environments")};
            for (auto const& environment : source.environments) {
                write_environment(environments.key(environment.name), environment);
            }
        }
    }
    return out;
}

} // namespace tasker::model
