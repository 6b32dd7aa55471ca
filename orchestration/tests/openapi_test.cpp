#include "api/actions.hpp"
#include "api/batch.hpp"
#include "api/dead_letters.hpp"
#include "api/doctor.hpp"
#include "api/documents.hpp"
#include "api/health.hpp"
#include "api/prune.hpp"
#include "api/signals.hpp"
#include "api/steps.hpp"
#include "api/tasks.hpp"
#include "api/templates.hpp"
#include "api/workers.hpp"
#include "openapi_document.hpp"

#include "tasker/base/version.hpp"
#include "tasker/model/states.hpp"
#include "tasker/wire/create_task.hpp"
#include "tasker/wire/cursor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/http/verb.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace tasker::orchestration {
namespace {

using nlohmann::json;

/// Names of the routes of the orchestrator, with their query parameters; nothing is connected.
std::map<std::string, std::set<std::string>> routes() {
    boost::asio::io_context io;
    metrics metrics;
    side_thread side_thread;
    database none{io.get_executor(), {}, metrics};
    template_cache cache{none, {}};
    task_creator creator{io.get_executor(), none, cache, metrics, {}};
    task_reader reader{io.get_executor(), none, metrics, {}};
    task_waits waits{io.get_executor(), none, {}, [](bool) {}};
    http::router table;
    api::tasks tasks{none, creator, reader, waits, {}};
    api::batch batch{creator, side_thread, 0};
    api::templates templates{none, cache, side_thread, {}};
    api::steps steps{none, {}};
    api::signals signals{none, metrics, {}};
    api::actions actions{none, reader, cache, {}};
    api::prune prune{none, {}};
    api::workers workers{none, {}};
    api::doctor doctor{none, {}};
    api::dead_letters dead_letters{none, {}};
    api::health health{none, {}, {}};
    api::documents documents{metrics, {}};
    tasks.add_routes(table);
    batch.add_routes(table);
    templates.add_routes(table);
    steps.add_routes(table);
    signals.add_routes(table);
    actions.add_routes(table);
    prune.add_routes(table);
    workers.add_routes(table);
    doctor.add_routes(table);
    dead_letters.add_routes(table);
    health.add_routes(table);
    documents.add_routes(table);

    std::map<std::string, std::set<std::string>> all;
    for (auto const& route : table.routes()) {
        auto const allowed = route.query.value_or(http::query_names{});
        std::set<std::string> const names(allowed.begin(), allowed.end());
        all.emplace(std::string{to_string(route.method)} + " " + route.pattern, names);
        if (route.method == boost::beast::http::verb::get) {
            all.emplace("HEAD " + route.pattern, names);
        }
    }
    return all;
}

json const& resolved(json const& document, json const& part) {
    return part.contains("$ref")
               ? document.at(json::json_pointer{part.at("$ref").get<std::string>().substr(1)})
               : part;
}

std::map<std::string, std::set<std::string>> described_routes() {
    std::map<std::string, std::set<std::string>> all;
    // items() of a temporary would outlive the temporary.
    auto const document = json::parse(api::openapi_json());
    for (auto const& [path, operations] : document.at("paths").items()) {
        for (auto const& [method, operation] : operations.items()) {
            std::string name = method;
            std::ranges::transform(name, name.begin(), [](unsigned char c) {
                return static_cast<char>(std::toupper(c));
            });
            auto& names = all[name.append(" ").append(path)];
            for (auto const& each : operation.value("parameters", json::array())) {
                auto const& parameter = resolved(document, each);
                if (parameter.at("in") == "query") {
                    names.insert(parameter.at("name"));
                }
            }
        }
    }
    return all;
}

TEST(OpenApi, DescribesEveryRouteAndItsQueryAndNoOther) {
    EXPECT_EQ(described_routes(), routes());
}

TEST(OpenApi, HasTheStatesOfTheModel) {
    auto const schemas = json::parse(api::openapi_json()).at("components").at("schemas");
    auto const& tasks = schemas.at("TaskState").at("enum");
    auto const& steps = schemas.at("StepState").at("enum");
    ASSERT_EQ(tasks.size(), model::task_states.size());
    ASSERT_EQ(steps.size(), model::step_states.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        EXPECT_EQ(tasks.at(i), model::task_states.at(i).name);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        EXPECT_EQ(steps.at(i), model::step_states.at(i).name);
    }
}

TEST(OpenApi, EveryOperationIsDescribedAndHasTheErrorOfAll) {
    auto const document = json::parse(api::openapi_json());
    EXPECT_EQ(document.at("servers"), json::parse(R"([{"url": "/"}])"));
    EXPECT_EQ(document.at("security"), json::array());
    for (auto const& [path, operations] : document.at("paths").items()) {
        for (auto const& [method, operation] : operations.items()) {
            EXPECT_TRUE(operation.contains("description")) << method << ' ' << path;
            EXPECT_EQ(operation.at("responses").at("default").at("$ref"),
                      method == "head" ? "#/components/responses/head_error"
                                       : "#/components/responses/error")
                << method << ' ' << path;
        }
    }
}

TEST(OpenApi, HasTheVersionOfTheProgram) {
    EXPECT_EQ(json::parse(api::openapi_json()).at("info").at("version"), version());
}

TEST(OpenApi, LinksNameExistingOperations) {
    auto const document = json::parse(api::openapi_json());
    std::set<std::string> operations;
    for (auto const& path : document.at("paths")) {
        for (auto const& operation : path) {
            operations.insert(operation.at("operationId"));
        }
    }
    for (auto const& link : document.at("components").at("links")) {
        EXPECT_TRUE(operations.contains(link.at("operationId"))) << link;
    }
}

void expect_references_to_lead_somewhere(json const& part, json const& document) {
    if (part.is_object() && part.contains("$ref") && part.at("$ref").is_string()) {
        auto const reference = part.at("$ref").get<std::string>();
        bool const is_local = reference.starts_with('#');
        EXPECT_TRUE(is_local ? document.contains(json::json_pointer{reference.substr(1)})
                             : document.at("paths").contains(reference))
            << reference;
    }
    for (auto const& each : part) {
        if (each.is_structured()) {
            expect_references_to_lead_somewhere(each, document);
        }
    }
}

TEST(OpenApi, ReferencesResolve) {
    auto const document = json::parse(api::openapi_json());
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    expect_references_to_lead_somewhere(document, document);
}

TEST(OpenApi, PathParametersAreDescribed) {
    auto const document = json::parse(api::openapi_json());
    for (auto const& [path, operations] : document.at("paths").items()) {
        for (auto const& [method, operation] : operations.items()) {
            auto const wanted = std::ranges::count(path, '{');
            auto const parameters = operation.value("parameters", json::array());
            auto const in_path =
                std::ranges::count_if(parameters, [&, &pattern = path](json const& each) {
                    auto const& described = each.contains("$ref")
                                                ? document.at(json::json_pointer{
                                                      each.at("$ref").get<std::string>().substr(1)})
                                                : each;
                    return described.at("in") == "path" &&
                           pattern.find("{" + described.at("name").get<std::string>() + "}") !=
                               std::string::npos;
                });
            EXPECT_EQ(in_path, wanted) << method << ' ' << path;
        }
    }
}

TEST(OpenApi, PatternsOfCursorsMatchWhatTheServerReturns) {
    auto const document = json::parse(api::openapi_json());
    auto const expect_match = [&document](char const* name, std::string const& cursor) {
        std::regex const pattern{document.at("components")
                                     .at("parameters")
                                     .at(name)
                                     .at("schema")
                                     .at("pattern")
                                     .get<std::string>()};
        EXPECT_TRUE(std::regex_match(cursor, pattern)) << name << ' ' << cursor;
    };
    for (auto const number : {0, 1, 77'777, std::numeric_limits<std::int32_t>::max()}) {
        auto const list = "name=" + std::to_string(number) + "&";
        expect_match("step_cursor", wire::encode_cursor(step_no{number}, list));
        expect_match("template_cursor", wire::encode_cursor(template_id{number}, list));
        expect_match("task_cursor", wire::encode_cursor(task_id::generate(), list));
        expect_match("wait_cursor", wire::encode_cursor(
                                        wire::wait_id{task_id::generate(), step_no{number}}, list));
    }
}

TEST(CreateTask, SchemaRefusesTheNullCharacterAsTheServerDoes) {
    auto const schema = json{{"$ref", "#/components/schemas/CreateTask"}};
    for (auto const* context : {R"({"a\u0000": 1})", R"({"a": "\u0000"})",
                                R"({"a": [{"b": "x\u0000"}]})", R"({"a": {"b\u0000": 1}})"}) {
        auto const wanted = R"({"name": "n", "context": )" + std::string{context} + "}";
        EXPECT_NE(problems(json::parse(wanted), schema), "") << context;
        EXPECT_FALSE(wire::parse_create_task(wanted)) << context;
    }
    auto const good = R"({"name": "n", "context": {"a": ["\u0001", null, 1.5, {"b": "c"}]}})";
    EXPECT_EQ(problems(json::parse(good), schema), "");
    EXPECT_TRUE(wire::parse_create_task(good));
}

} // namespace
} // namespace tasker::orchestration
