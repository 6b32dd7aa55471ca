#include "engine.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace tasker::cli {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A value that a parser would change: digits, the order of members, a repeated member, escapes.
constexpr std::string_view value =
    R"({"z":123456789012345678901234567890,"price":1.10,"e":-1E2,"a":{"k":1,"k":2.50},"t":"caf\u00e9"})";

/// Step "send" posts the value to the orchestrator itself, as the context of a task in a namespace
/// without a worker; "find" names the integer in a URL.
std::string values_template(std::string const& orchestrator) {
    return R"(name: values
version: 1.0.0
steps:
  - name: echo
    handler: {callable: tasker.echo}
  - name: shell
    handler:
      callable: tasker.shell
      initialization: {command: [cat], output: json}
    dependencies: [echo]
  - name: send
    handler:
      callable: tasker.http
      initialization:
        url: http://)" +
           orchestrator + R"(/v1/tasks
        body:
          name: copy
          namespace: idle
          context: "${parents/shell/parents/echo/context}"
        expect_status: [201]
    dependencies: [shell]
  - name: find
    handler:
      callable: tasker.http
      initialization:
        url: http://)" +
           orchestrator + R"(/v1/templates/default/n-${parents/shell/context/z}/1.0.0
        expect_status: [404]
    dependencies: [shell]
)";
}

class Values : public Engine {
protected:
    Values() {
        std::ofstream{folder_ / "worker.toml"}
            << "namespaces = [\"default\"]\n[shell]\nenabled = true\n"
            << "[http]\nprivate_addresses = \"allow\"\n";
        worker_.emplace("tasker-worker",
                        std::vector<std::string>{"--config", folder_ / "worker.toml"},
                        std::vector<std::string>{"DATABASE_URL=" + database_.dsn()});
    }

    /// The API's response about a step, as the program prints it.
    std::string step(std::string const& task, std::string const& name) const {
        return tasker_.run({"task", "steps", task, name, "--json"}).out;
    }
};

TEST_F(Values, PassThroughHandlersAndTheApiUnchanged) {
    register_template(R"(name: copy
namespace_name: idle
version: 1.0.0
steps:
  - {name: only, handler: {callable: tasker.noop}}
)");
    register_template(values_template(orchestrator_.address()));
    auto const task = create({"values", "--context", std::string{value}});
    auto const done = tasker_.run({"task", "wait", task, "--json"});
    ASSERT_EQ(done.status.code, 0)
        << done.out << step(task, "shell") << step(task, "send") << step(task, "find");

    std::string const context = R"("context":)" + std::string{value};
    EXPECT_THAT(done.out, HasSubstr(context));
    EXPECT_EQ(tasker_.run({"task", "get", task, "--field", "/context"}).out,
              std::string{value} + "\n");
    EXPECT_EQ(tasker_.run({"task", "get", task, "--field", "/context/z"}).out,
              "123456789012345678901234567890\n");
    EXPECT_THAT(step(task, "echo"), HasSubstr(context));
    // The command got the context itself, and in the result of its parent.
    EXPECT_THAT(step(task, "shell"),
                AllOf(HasSubstr(R"({)" + context), HasSubstr(R"("echo" : {)" + context)));
    // The orchestrator answered with the context of the task that the request created.
    EXPECT_THAT(step(task, "send"), HasSubstr(context));
    EXPECT_THAT(step(task, "find"), HasSubstr("n-123456789012345678901234567890"));
}

TEST_F(Values, BeyondTheRangeOfADoubleAreRefusedWithTheirPlace) {
    register_template(R"(name: huge
version: 1.0.0
steps:
  - name: shell
    handler:
      callable: tasker.shell
      initialization: {command: [printf, '{"a":[1e400]}'], output: json}
    retry: {retryable: false}
)");
    auto const refused = tasker_.run({"task", "create", "huge", "--context", R"({"a":[1e400]})"});
    EXPECT_EQ(refused.status.code, 2);
    EXPECT_THAT(refused.err, HasSubstr("1e400"));

    auto const task = create({"huge"});
    EXPECT_EQ(tasker_.run({"task", "wait", task}).status.code, 1);
    EXPECT_THAT(step(task, "shell"), AllOf(HasSubstr("1e400"), HasSubstr("out of range")));
}

} // namespace

} // namespace tasker::cli
