#include "openapi_document.hpp"

#include "api/documents.hpp"

#include "tasker/json_schema/validator.hpp"
#include "tasker/model/template_schema.hpp"

namespace tasker::orchestration {

using nlohmann::json;

json const& document() {
    static json const parsed = json::parse(api::openapi_json());
    return parsed;
}

namespace {

json referenced(std::string const& reference) {
    if (reference == "/template.schema.json") {
        auto schema = json::parse(model::template_schema());
        schema.erase("$schema");
        return schema;
    }
    return document().at(json::json_pointer{reference.substr(1)});
}

/// The schema with its references replaced by what they name, `depth` times inside of each other;
/// below, any value is valid, because Json contains itself.
json inlined(json const& schema, int depth = 6) {
    if (!schema.is_structured()) {
        return schema;
    }
    json out = schema;
    while (out.contains("$ref")) {
        if (depth == 0) {
            return true;
        }
        --depth;
        auto const reference = out.at("$ref").get<std::string>();
        out.erase("$ref");
        out.update(referenced(reference));
    }
    for (auto& part : out) {
        part = inlined(part, depth);
    }
    return out;
}

} // namespace

std::string problems(json const& value, json const& schema) {
    std::string text;
    for (auto const& each : json_schema::validator::compile(inlined(schema).dump(), "schema")
                                .value()
                                .validate(value.dump(), "context")) {
        text += each.path + ": " + each.problem + "\n";
    }
    return text;
}

} // namespace tasker::orchestration
