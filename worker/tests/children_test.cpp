#include "tasker/worker/children.hpp"

#include "report.hpp"

#include <gmock/gmock.h>

namespace tasker::worker {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(Children, AreReportedAsAList) {
    auto const report = make_report({},
                                    children({{.key = "a",
                                               .name = "resize",
                                               .version = "1.2.0",
                                               .context = {{"file", "a.png"}},
                                               .priority = std::int16_t{3}},
                                              {.key = "b", .name = "resize"}},
                                             on_child_failure::collect),
                                    1 << 20);
    EXPECT_EQ(report.outcome, queue::outcome::children);
    EXPECT_EQ(json::parse(report.payload), json::parse(R"({"on_child_failure": "collect",
        "children": [{"key": "a", "template": {"name": "resize", "namespace": null, "version": "1.2.0"},
                      "context": {"file": "a.png"}, "priority": 3},
                     {"key": "b", "template": {"name": "resize", "namespace": null, "version": null},
                      "context": {}, "priority": null}]})"));
}

TEST(Children, KeepTheTextOfTheirContexts) {
    auto result =
        children_from_json(R"([{"key": "a", "template": "t", "context": {"b": 1.50, "a": 2}}])",
                           on_child_failure::fail);
    EXPECT_TRUE(result.is_success());
    EXPECT_TRUE(result.wants_children());
    EXPECT_THAT(std::move(result).json_text(), HasSubstr(R"("context":{"b": 1.50, "a": 2})"));
}

TEST(Children, ThatAreWrongFailTheStepWithTheirPlace) {
    auto const problem = [](std::string_view list) -> std::string {
        try {
            children_from_json(list, on_child_failure::fail);
        } catch (permanent_failure const& failure) {
            EXPECT_EQ(failure.type(), "invalid_children");
            return failure.what();
        }
        return "accepted";
    };
    EXPECT_EQ(problem(R"({})"), "children: must be a list of child tasks");
    EXPECT_EQ(problem(R"([1])"), "children[0]: must be an object, not a number");
    EXPECT_EQ(problem(R"([{"template": "t"}])"), "children[0].key: is missing");
    EXPECT_EQ(problem(R"([{"key": "a"}])"), "children[0].template: is missing");
    EXPECT_EQ(problem(R"([{"key": "a", "template": "t"}, {"key": "a", "template": "t"}])"),
              R"(children[1].key: "a" is the key of an earlier child task)");
    EXPECT_THAT(problem(R"([{"key": "", "template": "t"}])"), HasSubstr("1 to 255 bytes"));
    EXPECT_EQ(problem(R"([{"key": "a", "template": "t", "context": []}])"),
              "children[0].context: must be an object, not an array");
    EXPECT_THAT(
        problem(R"([{"key": "a", "template": "t", "context": {"n": [1, {"b": "\u0000"}]}}])"),
        HasSubstr("children[0].context.n[1].b: contains the character U+0000"));
    EXPECT_EQ(problem(R"([{"key": "a", "template": "t", "priority": 5}])"),
              "children[0].priority: must be 1 to 4");
    EXPECT_EQ(problem(R"([{"key": "a", "template": "t", "contxt": {}}])"),
              "children[0].contxt: is unknown");
    EXPECT_THAT(problem(R"([{"key": "a", "template": {"name": "t", "version": "1.0"}}])"),
                HasSubstr("children[0].template.version: "));
    EXPECT_EQ(problem("[]"), "accepted");
}

TEST(Children, AreAtMostTenThousand) {
    std::vector<child_task> wanted;
    for (std::size_t i = 0; i < max_children; ++i) {
        wanted.push_back({.key = std::to_string(i), .name = "t"});
    }
    EXPECT_TRUE(children(wanted).wants_children());
    wanted.push_back({.key = "one more", .name = "t"});
    EXPECT_THROW(children(wanted), permanent_failure);
}

} // namespace
} // namespace tasker::worker
