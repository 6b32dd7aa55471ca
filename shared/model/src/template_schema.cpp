#include "tasker/model/template_schema.hpp"

#include "tasker_core.hpp"
#include "template_fields.hpp"

namespace tasker::model {

namespace {

using json::object_writer;

template <class Fields>
void describe_fields(object_writer& properties, Fields const& fields, completeness expected);

template <class Owner, class Member, class Kind>
void describe_field(object_writer& schema, field<Owner, Member, Kind> const& one,
                    completeness expected) {
    one.kind.describe(schema);
    schema.text("description", one.meaning);
    if (one.initial && expected == completeness::whole) {
        one.kind.write(schema.key("default"), *one.initial);
    }
}

/// The members of a mapping's schema that list its keys. `others` are the required keys outside
/// of `fields`.
template <class Fields>
void describe_keys(object_writer& schema, Fields const& fields, completeness expected,
                   std::vector<std::string_view> others = {}) {
    schema.boolean("additionalProperties", false);
    if (expected == completeness::whole) {
        for_each_field(fields, [&](auto const& one) {
            if (one.required) {
                others.push_back(one.key);
            }
        });
    }
    if (!others.empty()) {
        json::append_array(schema.key("required"), others, json::append_string);
    }
}

template <class Owner, class... Fields>
void describe_field(object_writer& schema, group<Owner, Fields...> const& one,
                    completeness expected) {
    schema.json("type", one.has_short_form ? R"(["object","string"])" : R"("object")");
    describe_keys(schema, one.fields, expected);
    if (!one.schema_rule.empty()) {
        schema.members(one.schema_rule);
    }
    object_writer properties{schema.key("properties")};
    describe_fields(properties, one.fields, expected);
}

template <class Fields>
void describe_fields(object_writer& properties, Fields const& fields, completeness expected) {
    for_each_field(fields, [&](auto const& one) {
        object_writer schema{properties.key(one.key)};
        describe_field(schema, one, expected);
    });
}

} // namespace

void compensation_kind::describe(object_writer& schema) {
    describe_keys(schema, compensation_fields, completeness::whole);
    object_writer properties{schema.key("properties")};
    describe_fields(properties, compensation_fields, completeness::whole);
}

void hook_kind::describe(object_writer& schema) {
    schema.text("type", "object");
    describe_keys(schema, hook_fields, completeness::whole);
    schema.json("oneOf", R"([{"required":["webhook"]},
        {"required":["workflow"],"properties":{"secret":false}}])");
    object_writer properties{schema.key("properties")};
    describe_fields(properties, hook_fields, completeness::whole);
}

void events_kind::describe(object_writer& schema) {
    schema.json("type", R"(["array","null"])");
    schema.number("maxItems", most_events);
    object_writer item{schema.key("items")};
    item.text("type", "object");
    describe_keys(item, event_fields, completeness::whole);
    object_writer properties{item.key("properties")};
    describe_fields(properties, event_fields, completeness::whole);
}

namespace {

void describe_name(object_writer& schema, std::string_view meaning) {
    text_kind{name_problem, name_pattern}.describe(schema);
    schema.text("description", meaning);
}

void describe_dependencies(object_writer& schema, std::string_view meaning) {
    schema.text("type", "array");
    schema.boolean("uniqueItems", true);
    schema.text("description", meaning);
    object_writer item{schema.key("items")};
    text_kind{name_problem, name_pattern}.describe(item);
}

void describe_step(object_writer& schema) {
    schema.text("type", "object");
    describe_keys(schema, std::tuple_cat(step_fields, settings_fields), completeness::whole);
    schema.json("not", R"({"anyOf":[{"required":["dependencies","depends_on"]},
        {"required":["map","matrix"]},{"required":["map","repeat"]},{"required":["matrix","repeat"]}]})");
    schema.json("oneOf", R"([{"required":["handler"]},
        {"required":["sleep"],
         "properties":{"retry":false,"timeout_seconds":false,"lifecycle":false,"repeat":false,"map":false,"matrix":false,
                       "priority":false,"inputs":false,"result_schema":false,"compensate":false}},
        {"required":["workflow"],
         "properties":{"timeout_seconds":false,"lifecycle":false,
                       "map":{"not":{"required":["batch_size"]}},
                       "priority":false,"inputs":false,"result_schema":false}},
        {"required":["signal"],
         "properties":{"retry":false,"timeout_seconds":false,"lifecycle":false,"repeat":false,"map":false,"matrix":false,
                       "priority":false,"inputs":false,"result_schema":false,"compensate":false}}])");
    schema.json("patternProperties", core_step_patterns);
    object_writer properties{schema.key("properties")};
    describe_fields(properties, step_fields, completeness::whole);
    {
        object_writer dependencies{properties.key("dependencies")};
        describe_dependencies(dependencies, "names of the steps that end first; see `join`");
    }
    {
        object_writer synonym{properties.key("depends_on")};
        describe_dependencies(synonym, "a synonym of `dependencies`");
    }
    describe_fields(properties, settings_fields, completeness::whole);
}

void describe_override(object_writer& schema) {
    schema.text("type", "object");
    describe_keys(schema, settings_fields, completeness::partial, {"name"});
    object_writer properties{schema.key("properties")};
    {
        object_writer name{properties.key("name")};
        describe_name(name, "the name of a step, or `ALL` for every step");
    }
    describe_fields(properties, settings_fields, completeness::partial);
}

void describe_defaults(object_writer& schema) {
    schema.text("type", "object");
    describe_keys(schema, settings_fields, completeness::partial);
    schema.text("description", "settings for every step; a step's own values win");
    schema.json("not",
                R"({"required":["handler"],"properties":{"handler":{"required":["callable"]}}})");
    object_writer properties{schema.key("properties")};
    describe_fields(properties, settings_fields, completeness::partial);
}

/// A list of mappings, which `describe_item` describes.
void describe_list(object_writer& schema, std::string_view meaning,
                   void (*describe_item)(object_writer&)) {
    schema.text("type", "array");
    schema.text("description", meaning);
    object_writer item{schema.key("items")};
    describe_item(item);
}

void describe_environments(object_writer& schema) {
    schema.text("type", "object");
    schema.text("description", "overrides of settings, by environment");
    {
        object_writer name{schema.key("propertyNames")};
        text_kind{name_problem, name_pattern}.describe(name);
    }
    object_writer environment{schema.key("additionalProperties")};
    environment.text("type", "object");
    environment.boolean("additionalProperties", false);
    environment.json("required", R"(["steps"])");
    object_writer properties{environment.key("properties")};
    object_writer steps{properties.key("steps")};
    describe_list(steps, "the steps whose settings change", describe_override);
}

} // namespace

std::string template_schema() {
    std::string out;
    {
        object_writer schema{out};
        schema.text("$schema", "http://json-schema.org/draft-07/schema#");
        schema.text("title", "Template of a workflow");
        schema.text("type", "object");
        describe_keys(schema, template_fields, completeness::whole, {"steps"});
        schema.json("patternProperties", core_template_patterns);
        object_writer properties{schema.key("properties")};
        describe_fields(properties, template_fields, completeness::whole);
        {
            object_writer defaults{properties.key("defaults")};
            describe_defaults(defaults);
        }
        {
            object_writer steps{properties.key("steps")};
            steps.number("minItems", 1);
            steps.number("maxItems", max_steps);
            describe_list(steps, "1 to 10,000 steps", describe_step);
        }
        object_writer environments{properties.key("environments")};
        describe_environments(environments);
    }
    return out;
}

} // namespace tasker::model
