#include "engine.hpp"

#include "tasker/client/client.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tasker::cli {

namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

/// A step that takes longer than any test waits.
constexpr std::string_view slow_template = R"(name: slow
version: 1.0.0
steps:
  - name: sleep
    handler: {callable: tasker.sleep, initialization: {ms: 600000}}
)";

class TaskCommands : public Engine {};

TEST_F(TaskCommands, CreatePrintsTheIdAndGetShowsTheTask) {
    register_template(quick_template);
    auto const id = create({"quick", "--context", R"({"order": 17})", "--priority", "urgent"});
    ASSERT_TRUE(task_id::parse(id).has_value()) << id;

    auto const text = tasker_.run({"task", "get", id}).out;
    EXPECT_THAT(text, HasSubstr("task      " + id + '\n'));
    EXPECT_THAT(text, HasSubstr("template  default/quick 1.0.0\n"));
    EXPECT_THAT(text, HasSubstr("state     ○ pending\n"));
    EXPECT_THAT(text, HasSubstr("priority  urgent\n"));
    EXPECT_THAT(text, HasSubstr("context   {\"order\": 17}\n"));
}

TEST_F(TaskCommands, JsonIsTheExactResponseOfTheApi) {
    register_template(quick_template);
    auto const id = create({"quick"});
    client::client api{"http://" + orchestrator_.address()};

    ASSERT_TRUE(api.get_task(task_id::parse(id).value()).has_value());
    EXPECT_EQ(tasker_.run({"task", "get", id, "--json"}).out, api.last_response().body + '\n');
    ASSERT_TRUE(api.list_steps(task_id::parse(id).value(), {.limit = 1'000}).has_value());
    EXPECT_EQ(tasker_.run({"task", "steps", id, "--json"}).out, api.last_response().body + '\n');
    ASSERT_TRUE(api.list_tasks({}, {.limit = 5}).has_value());
    EXPECT_EQ(tasker_.run({"task", "list", "-l", "5", "--json"}).out,
              api.last_response().body + '\n');
    ASSERT_TRUE(api.list_templates({}, {.limit = 50}).has_value());
    EXPECT_EQ(tasker_.run({"template", "list", "--json"}).out, api.last_response().body + '\n');
    ASSERT_TRUE(api.health().has_value());
    EXPECT_EQ(tasker_.run({"health", "--json"}).out, api.last_response().body + '\n');
}

TEST_F(TaskCommands, ExplainSaysWhatEachStepWaitsFor) {
    register_template(quick_template);
    auto const id = create({"quick"});
    EXPECT_THAT(tasker_.run({"task", "explain", id}).out,
                AllOf(HasSubstr("pending: in progress: 0, enqueued: 1, waiting: 0 of its "),
                      HasSubstr("waits for a worker: none serves namespace default\n")));
    EXPECT_THAT(tasker_.run({"task", "explain", id, "--json"}).out,
                HasSubstr(R"("state":"enqueued","explanation":"waits for a worker)"));
}

TEST_F(TaskCommands, PruneCountsOrDeletesFinishedTasks) {
    register_template(quick_template);
    tasker_.run({"task", "cancel", create({"quick"})});
    auto const open = create({"quick"});
    EXPECT_EQ(tasker_.run({"prune", "--older-than", "1d"}).out,
              "deleted 0 complete tasks\ndeleted 0 cancelled tasks\n");
    EXPECT_EQ(tasker_.run({"prune", "--older-than", "0s", "--dry-run"}).out,
              "would delete 0 complete tasks\nwould delete 1 cancelled task\n");
    EXPECT_EQ(tasker_.run({"prune", "--older-than", "0s", "--json"}).out,
              "{\"complete\":0,\"cancelled\":1}\n");
    EXPECT_THAT(tasker_.run({"task", "list"}).out, HasSubstr(open));
    auto const refused = tasker_.run({"prune", "--older-than", "month"});
    EXPECT_EQ(refused.status.code, 2);
    EXPECT_THAT(refused.err, HasSubstr("--older-than must be a whole number with s, m, h or d"));
}

TEST_F(TaskCommands, RetryRunsAFailedTaskAgain) {
    start_worker();
    register_template(failing_template);
    auto const id = create({"failing"});
    EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 1);
    auto const again =
        tasker_.run({"task", "retry", id, "--reason", "the bank is up", "--by", "ada"});
    EXPECT_EQ(again.status.code, 0) << again.err;
    EXPECT_THAT(again.out, HasSubstr(" by ada: the bank is up\n"));
    EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 1);
    auto const watched = tasker_.run({"task", "retry", id, "--watch"});
    EXPECT_EQ(watched.status.code, 1);
    EXPECT_THAT(watched.out, HasSubstr("failed"));
    EXPECT_EQ(tasker_.run({"task", "retry", id, "--reason", ""}).status.code, 2);

    register_template(quick_template);
    auto const complete = create({"quick"});
    tasker_.run({"task", "wait", complete});
    auto const refused = tasker_.run({"task", "retry", complete});
    EXPECT_EQ(refused.status.code, 3);
    EXPECT_THAT(refused.err, HasSubstr("only a failed task can be retried"));
}

TEST_F(TaskCommands, ChildrenListsTheChildTasksOfATask) {
    register_template(quick_template);
    register_template("name: parent\nversion: 1.0.0\nsteps:\n"
                      "  - {name: p, workflow: {name: quick}}\n");
    auto const id = create({"parent"});
    auto const page = tasker_.run_for_json({"task", "children", id, "--state", "pending"});
    ASSERT_EQ(page["tasks"].size(), 1);
    auto const child = page["tasks"][0]["task_id"].get<std::string>();
    EXPECT_THAT(tasker_.run({"task", "children", id}).out, HasSubstr(child));
    EXPECT_THAT(tasker_.run({"task", "get", child}).out,
                HasSubstr("parent    " + id + ", step p\n"));
    EXPECT_THAT(tasker_.run({"task", "list"}).out, Not(HasSubstr(child)));
    EXPECT_THAT(tasker_.run({"task", "list", "--children"}).out, HasSubstr(child));
    EXPECT_EQ(tasker_.run({"task", "children", child}).out, "No tasks.\n");
}

TEST_F(TaskCommands, ItemsListsTheItemsOfAStep) {
    register_template("name: mapped\nversion: 1.0.0\nsteps:\n"
                      "  - {name: each, handler: {callable: tasker.noop}, map: $context.l}\n");
    auto const id = create({"mapped", "--context", R"({"l": ["x", "y"]})"});
    EXPECT_THAT(tasker_.run({"task", "items", id, "each"}).out,
                AllOf(HasSubstr("each[0]"), HasSubstr("each[1]"), HasSubstr("enqueued")));
    auto const page = tasker_.run_for_json({"task", "items", id, "each", "-l", "1"});
    ASSERT_EQ(page["items"].size(), 1);
    EXPECT_EQ(page["items"][0]["item"]["item"], "x");
    EXPECT_THAT(
        tasker_
            .run({"task", "items", id, "each", "--cursor", page["next_cursor"].get<std::string>()})
            .out,
        AllOf(HasSubstr("each[1]"), Not(HasSubstr("each[0]"))));
    EXPECT_EQ(tasker_.run({"task", "items", id, "each", "--state", "failed"}).out, "No items.\n");
    auto const wrong = tasker_.run({"task", "items", id, "each", "--state", "lost"});
    EXPECT_EQ(wrong.status.code, 2);
    EXPECT_THAT(wrong.err, HasSubstr("--state must be one of pending, "));
}

TEST_F(TaskCommands, SignalsAreListedAndSentByKey) {
    EXPECT_EQ(tasker_.run({"signal", "list"}).out, "No step waits for a signal.\n");
    register_template("name: paid\nversion: 1.0.0\nsteps:\n"
                      "  - {name: pay, signal: {name: payment, key: $context.order}}\n"
                      "  - {name: ask, signal: {name: approve, form: {title: Pay?}}}\n");
    auto const id = create({"paid", "--context", R"({"order": "o-1"})"});
    EXPECT_THAT(tasker_.run({"signal", "list"}).out,
                AllOf(ContainsRegex("payment +" + id + " +pay "), HasSubstr("o-1\n"),
                      ContainsRegex("approve +" + id + " +ask ")));
    EXPECT_THAT(tasker_.run({"signal", "list", "--approvals"}).out,
                AllOf(HasSubstr("approve"), Not(HasSubstr("payment"))));
    EXPECT_THAT(tasker_.run({"signal", "list", "payment"}).out, Not(HasSubstr("approve")));
    for (std::string const option : {"--key", "--by", "--payload"}) {
        auto const unset = tasker_.run({"signal", "send", "payment", "o-1", option, ""});
        EXPECT_EQ(unset.status.code, 2);
        EXPECT_THAT(unset.err, HasSubstr(option + ": must not be empty"));
    }
    EXPECT_EQ(tasker_.run({"signal", "send", "payment", "o-1", "--payload", "5"}).out,
              "received by 1 step\n");
    EXPECT_EQ(tasker_.run({"signal", "send", "payment", "o-2"}).out, "kept until a step waits\n");
    EXPECT_EQ(tasker_.run_for_json({"task", "steps", id, "pay"})["result"]["payload"], 5);
}

TEST_F(TaskCommands, CreateReadsItsContextFromStandardInput) {
    register_template(quick_template);
    auto const done =
        tasker_.run({"task", "create", "quick", "--context", "-", "--json"}, R"({"from":"stdin"})");
    EXPECT_EQ(nlohmann::json::parse(done.out)["context"]["from"], "stdin") << done.err;
}

TEST_F(TaskCommands, AKeyMakesCreationRepeatable) {
    register_template(quick_template);
    auto const first = create({"quick", "--key", "order-17"});
    EXPECT_EQ(create({"quick", "--key", "order-17"}), first);
    auto const other =
        tasker_.run({"task", "create", "quick", "--key", "order-17", "-c", R"({"x":1})"});
    EXPECT_EQ(other.status.code, 3);
}

TEST_F(TaskCommands, SignalEndsTheWaitOfAStep) {
    register_template("name: waits\nversion: 1.0.0\nsteps:\n"
                      "  - {name: ask, signal: {name: approve, schema: {type: object}}}\n");
    auto const id = create({"waits"});
    EXPECT_THAT(tasker_.run({"task", "steps", id}).out, HasSubstr("waiting"));
    EXPECT_THAT(tasker_.run({"task", "steps", id, "ask"}).out, HasSubstr("waits for signal"));
    auto const wrong = tasker_.run({"task", "signal", id, "approve", "--payload", "{"});
    EXPECT_EQ(wrong.status.code, 2);
    EXPECT_THAT(wrong.err, HasSubstr("--payload"));
    auto const refused = tasker_.run({"task", "signal", id, "approve", "--payload", "5"});
    EXPECT_EQ(refused.status.code, 3);
    EXPECT_THAT(refused.err, HasSubstr("payload"));
    auto const sent = tasker_.run(
        {"task", "signal", id, "approve", "--payload", "-", "--by", "ada", "--key", "k"},
        R"({"ok":true})");
    EXPECT_EQ(sent.out, "received: its step is complete\n") << sent.err;
    auto const again =
        tasker_.run({"task", "signal", id, "approve", "--payload", "{}", "--key", "k", "--json"});
    EXPECT_EQ(again.out, "{\"outcome\":\"repeated\"}\n");
    EXPECT_THAT(tasker_.run({"task", "get", id}).out, HasSubstr("complete"));
}

TEST_F(TaskCommands, RefusalsOfTheServerAreReported) {
    auto const unknown = tasker_.run({"task", "create", "nowhere"});
    EXPECT_EQ(unknown.status.code, 3);
    EXPECT_EQ(unknown.out, "");
    EXPECT_THAT(unknown.err, HasSubstr("nowhere"));
    auto const json = tasker_.run_for_json({"task", "create", "nowhere"});
    EXPECT_EQ(json["error"]["code"], "not_found");
    auto const no_task = tasker_.run({"task", "get", "01990f5e-7c00-7a00-8000-000000000001"});
    EXPECT_EQ(no_task.status.code, 3);
}

TEST_F(TaskCommands, WaitAnswersWhenTheTaskIsComplete) {
    start_worker();
    register_template(quick_template);
    auto const id = create({"quick", "--context", R"({"n":5})"});
    auto const done = tasker_.run({"task", "wait", id});
    EXPECT_EQ(done.status.code, 0) << done.err;
    EXPECT_THAT(done.out, HasSubstr("state     ✔ complete"));
    EXPECT_EQ(tasker_.run({"task", "get", id, "--field", "/state"}).out, "complete\n");
    EXPECT_EQ(tasker_.run({"task", "get", id, "--field", "/steps_complete"}).out, "2\n");
    EXPECT_EQ(tasker_.run({"task", "get", id, "--field", "/nothing"}).status.code, 2);
    EXPECT_EQ(tasker_.run({"task", "get", id, "--field", "/state/x"}).status.code, 2);

    auto const cancelled = tasker_.run({"task", "cancel", id});
    EXPECT_EQ(cancelled.status.code, 3);
    EXPECT_THAT(cancelled.err, HasSubstr("complete"));
}

TEST_F(TaskCommands, CreateChecksTheFieldFirstAndPrintsTheIdIfTheResponseLacksIt) {
    register_template(quick_template);
    auto const wrong = tasker_.run({"task", "create", "quick", "--field", "state"});
    EXPECT_EQ(wrong.status.code, 2);
    EXPECT_THAT(wrong.err, HasSubstr("\"state\" is not a JSON pointer"));
    EXPECT_EQ(tasker_.run_for_json({"task", "list"})["tasks"].size(), 0);

    auto const absent = tasker_.run({"task", "create", "quick", "--field", "/typo"});
    EXPECT_EQ(absent.status.code, 2);
    EXPECT_THAT(absent.err, HasSubstr("the response has no field /typo"));
    auto const id = tasker_.run_for_json({"task", "list"})["tasks"][0]["task_id"];
    EXPECT_THAT(absent.err, HasSubstr("created " + id.get<std::string>()));
}

TEST_F(TaskCommands, CreateCanWaitForTheEnd) {
    start_worker();
    register_template(quick_template);
    register_template(failing_template);
    auto const done = tasker_.run({"task", "create", "quick", "--wait", "--field", "/state"});
    EXPECT_EQ(done.status.code, 0) << done.err;
    EXPECT_EQ(done.out, "complete\n");
    EXPECT_EQ(tasker_.run({"task", "create", "--wait=30", "quick", "--json"}).status.code, 0);
    EXPECT_EQ(tasker_.run({"task", "create", "failing", "-w"}).status.code, 1);
}

TEST_F(TaskCommands, AFailedTaskSetsTheExitCode) {
    start_worker();
    register_template(failing_template);
    auto const id = create({"failing"});
    auto const done = tasker_.run({"task", "wait", id});
    EXPECT_EQ(done.status.code, 1);
    EXPECT_THAT(done.out, HasSubstr("✖ failed"));
    EXPECT_THAT(done.out, HasSubstr("failed    broken: no luck today\n"));
    auto const steps = tasker_.run({"task", "steps", id});
    EXPECT_THAT(steps.out, ContainsRegex("broken  ✖ failed  +1/3 .*\n    no luck today\n"));
    EXPECT_THAT(tasker_.run({"task", "steps", id, "broken"}).out,
                AllOf(HasSubstr("state    ✖ failed"), HasSubstr("error    no luck today\n"),
                      HasSubstr("type     ")));
    auto const json = tasker_.run_for_json({"task", "steps", id, "broken"});
    EXPECT_EQ(json["error"]["message"], "no luck today");
    EXPECT_EQ(tasker_.run({"task", "steps", id, "other"}).status.code, 3);
}

TEST_F(TaskCommands, WaitingHasALimit) {
    register_template(quick_template);
    auto const id = create({"quick"});
    auto const waited = tasker_.run({"task", "wait", id, "--limit", "0.1"});
    EXPECT_EQ(waited.status.code, 4);
    EXPECT_THAT(waited.err, HasSubstr("still pending"));
    auto const json = tasker_.run({"task", "wait", id, "--limit", "0", "--json"});
    EXPECT_EQ(json.status.code, 4);
    EXPECT_EQ(nlohmann::json::parse(json.out)["state"], "pending");
    EXPECT_EQ(tasker_.run({"task", "create", "quick", "--wait", "0"}).status.code, 4);
    EXPECT_EQ(tasker_.run({"task", "watch", id, "--limit", "0"}).status.code, 4);
}

TEST_F(TaskCommands, CancelStopsATask) {
    start_worker();
    register_template(slow_template);
    auto const id = create({"slow"});
    auto const done = tasker_.run({"task", "cancel", id});
    EXPECT_EQ(done.status.code, 0) << done.err;
    EXPECT_THAT(done.out, HasSubstr("■ cancelled"));
    EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 1);
}

constexpr auto saga_template =
    "name: saga\nversion: 1.0.0\nsteps:\n"
    "  - name: first\n    handler: {callable: tasker.noop}\n"
    "    compensate: {callable: tasker.noop}\n"
    "  - name: slow\n    dependencies: [first]\n"
    "    handler: {callable: tasker.sleep, initialization: {ms: 600000}}\n";

TEST_F(TaskCommands, CancelUndoesStepsIfAskedTo) {
    start_worker();
    register_template(saga_template);
    auto const id = create({"saga"});
    ASSERT_TRUE(database_.wait_until(testing::soon(), "select count(*) > 0 from tasker.steps "
                                                      "where step_no = 1"));
    EXPECT_EQ(tasker_.run({"task", "compensation", id}).out,
              "STEP   HANDLER      STATE    ATTEMPT\n"
              "first  tasker.noop  pending        0\n");
    auto const done = tasker_.run({"task", "cancel", "--compensate", id});
    EXPECT_EQ(done.status.code, 0) << done.err;
    EXPECT_THAT(done.out, HasSubstr("cancelled, compensation "));
    EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 1);
    EXPECT_EQ(tasker_.run({"task", "get", id, "--field", "/compensation"}).out, "complete\n");
}

TEST_F(TaskCommands, CancelRefusesToUndoATaskThatWasCancelledBefore) {
    start_worker();
    register_template(saga_template);
    auto const id = create({"saga"});
    ASSERT_TRUE(database_.wait_until(testing::soon(), "select count(*) > 0 from tasker.steps "
                                                      "where step_no = 1"));
    EXPECT_EQ(tasker_.run({"task", "cancel", id}).status.code, 0);
    auto const late = tasker_.run({"task", "cancel", "--compensate", id});
    EXPECT_EQ(late.status.code, 3);
    EXPECT_THAT(late.err, HasSubstr("the task was already cancelled without `compensate`"));
}

TEST_F(TaskCommands, ListFiltersAndPages) {
    register_template(quick_template);
    register_template(failing_template);
    EXPECT_EQ(tasker_.run({"task", "list"}).out, "No tasks.\n");
    create({"quick"});
    create({"failing"});
    auto const last = create({"quick"});

    auto const first_page = tasker_.run({"task", "list", "quick", "--limit", "1"}).out;
    EXPECT_THAT(first_page, HasSubstr(last));
    EXPECT_THAT(first_page, HasSubstr("More: --cursor "));
    auto const json = tasker_.run_for_json({"task", "list", "quick", "--limit", "1"});
    auto const cursor = json["next_cursor"].get<std::string>();
    auto const second_page = tasker_.run({"task", "list", "quick", "--cursor", cursor}).out;
    EXPECT_THAT(second_page, Not(HasSubstr(last)));
    EXPECT_THAT(second_page, HasSubstr("default/quick 1.0.0"));
    EXPECT_EQ(tasker_.run_for_json({"task", "list", "--state", "complete"})["tasks"].size(), 0U);
    EXPECT_EQ(tasker_.run({"task", "list", "--state", "done"}).status.code, 2);
    EXPECT_EQ(tasker_.run({"task", "list", "--cursor", "x"}).status.code, 3);
}

TEST_F(TaskCommands, WatchPrintsALineForEachChange) {
    start_worker();
    register_template(quick_template);
    auto const done = tasker_.run({"task", "create", "quick", "--watch"});
    EXPECT_EQ(done.status.code, 0) << done.err;
    EXPECT_THAT(done.out, ContainsRegex("task [0-9a-f-]{36}  default/quick 1\\.0\\.0\n"));
    EXPECT_THAT(done.out, ContainsRegex("✔ first   complete in "));
    EXPECT_THAT(done.out, ContainsRegex("✔ second  complete in "));
    EXPECT_THAT(done.out, ContainsRegex("\ncomplete in [0-9.]+ m?s\nresult  .+\n$"));
    EXPECT_THAT(done.out, Not(HasSubstr("\x1b")));
}

TEST_F(TaskCommands, WatchDrawsOnATerminalAndEndsWithTheTask) {
    start_worker();
    register_template(quick_template);
    register_template(failing_template);
    auto const well = tasker_.run_on_terminal("task watch " + create({"quick"}));
    EXPECT_EQ(well.status.code, 0) << well.out;
    EXPECT_THAT(well.out, HasSubstr("default/quick 1.0.0"));
    EXPECT_THAT(well.out, HasSubstr("[████████████████████████]"));
    EXPECT_THAT(well.out, HasSubstr("2/2"));
    EXPECT_THAT(well.out, HasSubstr("\x1b[32m✔ \x1b[0msecond"));
    auto const badly = tasker_.run_on_terminal("task watch " + create({"failing"}));
    EXPECT_EQ(badly.status.code, 1);
    EXPECT_THAT(badly.out, HasSubstr("no luck today"));
}

TEST_F(TaskCommands, WatchInJsonIsTheFinishedTask) {
    start_worker();
    register_template(quick_template);
    auto const json = tasker_.run_for_json({"task", "watch", create({"quick"})});
    EXPECT_EQ(json["state"], "complete");
}

} // namespace

} // namespace tasker::cli
