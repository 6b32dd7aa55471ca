#include "engine.hpp"

#include "tasker/model/template_schema.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tasker::cli {

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view wrong_template = R"(name: wrong
version: 1.0
steps:
  - name: a
    handler: {callable: tasker.noop}
    dependencies: [b]
  - name: c
    hander: {callable: tasker.noop}
)";

class TemplateCommands : public Engine {};

TEST_F(TemplateCommands, ValidateReportsEveryProblemWithItsLine) {
    auto const file = write_template(wrong_template).string();
    auto const done = tasker_.run({"template", "validate", file});
    EXPECT_EQ(done.status.code, 1);
    EXPECT_THAT(done.out, HasSubstr(file + ":2: version: "));
    EXPECT_THAT(done.out, HasSubstr(file + ":6: steps[0].dependencies[0]: "));
    EXPECT_THAT(done.out, HasSubstr(file + ":8: steps[1].hander: "));
    EXPECT_THAT(done.out, HasSubstr("\"handler\""));

    auto const json = tasker_.run_for_json({"template", "validate", file});
    EXPECT_EQ(json["valid"], false);
    EXPECT_EQ(json["problems"][0]["line"], 2);
    EXPECT_EQ(json["problems"][0]["path"], "version");
}

TEST_F(TemplateCommands, ValidateNeedsNoServer) {
    tasker_program const alone{"http://127.0.0.1:1"};
    auto const file = write_template(quick_template).string();
    auto const done = alone.run({"template", "validate", file});
    EXPECT_EQ(done.status.code, 0) << done.err;
    EXPECT_EQ(done.out, file + ": valid: default/quick 1.0.0, 2 steps\n");

    auto const piped = alone.run({"template", "validate", "-"}, std::string{wrong_template});
    EXPECT_EQ(piped.status.code, 1);
    EXPECT_THAT(piped.out, StartsWith("<stdin>:2: version: "));
}

TEST_F(TemplateCommands, ValidateReportsAMissingFile) {
    auto const done = tasker_.run({"template", "validate", "/no/such/file.yaml"});
    EXPECT_EQ(done.status.code, 2);
    EXPECT_THAT(done.err, HasSubstr("/no/such/file.yaml: No such file"));
}

TEST_F(TemplateCommands, RegisterDistinguishesNewExistingAndRefusedTemplates) {
    auto const file = write_template(quick_template).string();
    auto const first = tasker_.run({"template", "register", file});
    EXPECT_EQ(first.out, "registered default/quick 1.0.0, 2 steps\n") << first.err;
    auto const second = tasker_.run({"template", "register", file});
    EXPECT_EQ(second.status.code, 0);
    EXPECT_EQ(second.out, "already registered: default/quick 1.0.0, 2 steps\n");

    auto changed = std::string{quick_template};
    changed.replace(changed.find("tasker.noop"), 11, "tasker.echo");
    auto const other = tasker_.run({"template", "register", write_template(changed)});
    EXPECT_EQ(other.status.code, 3);
    EXPECT_THAT(other.err, HasSubstr("quick"));

    auto const wrong = tasker_.run({"template", "register", write_template(wrong_template)});
    EXPECT_EQ(wrong.status.code, 3);
    EXPECT_EQ(wrong.out, "");
    EXPECT_THAT(wrong.err, HasSubstr("\n  steps[1].hander: line 8: "));
    auto const json =
        tasker_.run_for_json({"template", "register", write_template(wrong_template)});
    EXPECT_EQ(json["error"]["code"], "unprocessable");
}

TEST_F(TemplateCommands, ListAndShowPrintRegisteredTemplates) {
    EXPECT_EQ(tasker_.run({"template", "list"}).out, "No templates.\n");
    register_template(quick_template);
    auto newer = std::string{quick_template};
    newer.replace(newer.find("1.0.0"), 5, "1.10.0");
    register_template(newer);
    auto older = std::string{quick_template};
    older.replace(older.find("1.0.0"), 5, "1.9.0");
    register_template(older);

    EXPECT_THAT(tasker_.run({"template", "list", "quick"}).out, HasSubstr("default/quick  1.9.0"));
    EXPECT_EQ(tasker_.run_for_json({"template", "list", "quick"})["templates"].size(), 3U);

    auto const highest = tasker_.run({"template", "show", "default/quick"});
    EXPECT_THAT(highest.out, HasSubstr("default/quick 1.10.0")) << highest.err;
    EXPECT_THAT(highest.out, HasSubstr("STEP    HANDLER      ATTEMPTS  TIME-OUT  AFTER\n"
                                       "first   tasker.echo         3\n"
                                       "second  tasker.noop         3            first\n"));
    auto const json = tasker_.run_for_json({"template", "show", "default/quick/1.0.0"});
    EXPECT_EQ(json["version"], "1.0.0");
    EXPECT_EQ(json["definition"]["steps"][1]["name"], "second");

    EXPECT_EQ(tasker_.run({"template", "show", "default/other"}).status.code, 3);
    EXPECT_EQ(tasker_.run({"template", "show", "not a name"}).status.code, 2);
}

TEST_F(TemplateCommands, ShowNamesThePriorityOfAStep) {
    register_template("name: mixed\nversion: 1.0.0\nsteps:\n"
                      "  - {name: pay, priority: 4, handler: {callable: tasker.noop}}\n"
                      "  - {name: report, handler: {callable: tasker.noop}}\n");
    EXPECT_THAT(tasker_.run({"template", "show", "mixed"}).out,
                HasSubstr("pay     tasker.noop         3\n"
                          "    priority urgent\n"
                          "report  tasker.noop         3\n"));
}

TEST_F(TemplateCommands, SchemaIsTheSameAsTheServers) {
    auto const printed = tasker_.run({"template", "schema"});
    EXPECT_EQ(printed.status.code, 0) << printed.err;
    EXPECT_EQ(printed.out, model::template_schema() + '\n');
}

TEST_F(TemplateCommands, GraphIsTheSameForAFileAndTheServer) {
    register_template(quick_template);
    auto const file = write_template(quick_template).string();
    auto const mermaid = tasker_.run({"template", "graph", file});
    EXPECT_THAT(mermaid.out, StartsWith("flowchart")) << mermaid.err;
    EXPECT_EQ(tasker_.run({"template", "graph", "quick@1.0.0"}).out, mermaid.out);
    EXPECT_EQ(tasker_.run({"template", "graph", "default/quick"}).out, mermaid.out);
    auto const dot = tasker_.run({"template", "graph", file, "--format", "dot"});
    EXPECT_THAT(dot.out, HasSubstr("\"first\" -> \"second\""));
    EXPECT_EQ(tasker_.run({"template", "graph", file, "--format", "svg"}).status.code, 2);
    EXPECT_EQ(tasker_.run({"template", "graph", write_template(wrong_template)}).status.code, 1);
}

} // namespace

} // namespace tasker::cli
