#include "engine.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tasker::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view other_template = R"(name: other
version: 1.0.0
steps:
  - name: wrong
    handler: {callable: tasker.fail, initialization: {permanent: true, message: still none}}
)";

class DeadLetterCommands : public Engine {
protected:
    DeadLetterCommands() {
        start_worker();
        register_template(failing_template);
    }

    std::string fail(std::string const& name = "failing") {
        auto const id = create({name});
        EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 1);
        return id;
    }

    process::completed run(std::vector<std::string> args) {
        args.insert(args.begin(), "dead-letter");
        return tasker_.run(std::move(args));
    }
};

TEST_F(DeadLetterCommands, ListShowsWhereAndWhyTasksFailed) {
    EXPECT_EQ(run({"list"}).out, "No dead letters.\n");
    EXPECT_EQ(run({"list", "--group"}).out, "No dead letters.\n");
    auto const old = fail();
    auto const young = fail();
    auto const text = run({"list"}).out;
    EXPECT_THAT(text, ContainsRegex("TASK +FAILED +STEP +REASON +ATTEMPTS +TEMPLATE\n"));
    EXPECT_THAT(text, ContainsRegex(young + " +.* UTC +broken +not_retryable +1 "
                                            "+default/failing 1.0.0\n.*no luck today"));
    EXPECT_LT(text.find(young), text.find(old));
    auto const page = run({"list", "-l", "1"}).out;
    EXPECT_THAT(page, AllOf(HasSubstr(young), Not(HasSubstr(old))));
    auto const cursor = page.substr(page.find("--cursor ") + 9);
    EXPECT_THAT(run({"list", "--cursor", cursor.substr(0, cursor.find('\n'))}).out, HasSubstr(old));
    auto const groups = run({"list", "--group"}).out;
    EXPECT_THAT(groups,
                ContainsRegex("2 +default/failing +broken +[a-z_]+ +not_retryable .*" + young));
    EXPECT_EQ(run({"list", "--group", "--cursor", "x"}).status.code, 2);
    EXPECT_EQ(tasker_.run_for_json({"dead-letter", "list"})["dead_letters"].size(), 2U);
    EXPECT_EQ(tasker_.run_for_json({"dead-letter", "list", "--group"})["count"], 2);
}

TEST_F(DeadLetterCommands, FiltersSelectTasks) {
    register_template(other_template);
    auto const failing = fail();
    auto const other = fail("other");
    EXPECT_THAT(run({"list", "-t", "other"}).out, AllOf(HasSubstr(other), Not(HasSubstr(failing))));
    EXPECT_THAT(run({"list", "--step", "broken"}).out, HasSubstr(failing));
    EXPECT_EQ(run({"list", "-n", "none"}).out, "No dead letters.\n");
    EXPECT_EQ(run({"list", "--error-type", "none"}).out, "No dead letters.\n");
    EXPECT_EQ(run({"list", "--older-than", "1h"}).out, "No dead letters.\n");
    EXPECT_EQ(run({"list", "--older-than", "month"}).status.code, 2);
}

TEST_F(DeadLetterCommands, RequeueRetriesByIdsOrFilter) {
    auto const one = fail();
    auto const two = fail();
    EXPECT_EQ(run({"requeue", "--template", "failing", "--dry-run"}).out,
              "would requeue 2 tasks\n");
    auto const done = run({"requeue", one, "--reason", "the bank is up", "--by", "ada"});
    EXPECT_EQ(done.out, "requeued 1 task\n") << done.err;
    EXPECT_EQ(done.status.code, 0);
    EXPECT_THAT(tasker_.run({"task", "get", one}).out, HasSubstr(" by ada: the bank is up\n"));
    EXPECT_EQ(tasker_.run({"task", "wait", one}).status.code, 1);
    EXPECT_EQ(run({"requeue", "--all"}).out, "requeued 2 tasks\n");
    EXPECT_EQ(tasker_.run({"task", "wait", two}).status.code, 1);
    EXPECT_THAT(tasker_.run({"task", "get", two}).out, HasSubstr("retried"));
}

TEST_F(DeadLetterCommands, DiscardErasesAndReportsRefusals) {
    register_template(quick_template);
    auto const failed = fail();
    auto const complete = create({"quick"});
    tasker_.run({"task", "wait", complete});
    auto const done = run({"discard", failed, complete});
    EXPECT_EQ(done.out, "discarded 1 task\n");
    EXPECT_EQ(done.err, "tasker: " + complete + ": the task is complete, not failed\n");
    EXPECT_EQ(done.status.code, 1);
    EXPECT_EQ(tasker_.run({"task", "get", failed}).status.code, 3);
    EXPECT_EQ(run({"discard", "--older-than", "0s", "--json"}).out,
              "{\"matched\":0,\"done\":0,\"refused\":[],\"next_cursor\":null}\n");
}

TEST_F(DeadLetterCommands, AnActionNeedsToKnowItsTasks) {
    auto const id = fail();
    for (auto const& args :
         std::vector<std::vector<std::string>>{{"discard"},
                                               {"requeue", "--dry-run"},
                                               {"discard", "17"},
                                               {"discard", id, "--all"},
                                               {"requeue", id, "-t", "failing"},
                                               {"requeue", "--all", "-t", "x"}}) {
        EXPECT_EQ(run(args).status.code, 2) << ::testing::PrintToString(args);
    }
    auto const empty = run({"discard", "--template", ""});
    EXPECT_EQ(empty.status.code, 3) << "an unset variable selects nothing";
    EXPECT_THAT(empty.err, HasSubstr("filter.template"));
    EXPECT_THAT(run({"list"}).out, HasSubstr(id));
}

TEST_F(DeadLetterCommands, EraseDeletesAFinishedTask) {
    auto const id = fail();
    EXPECT_EQ(tasker_.run({"task", "erase", id}).out, "erased 1 task\n");
    auto const again = tasker_.run({"task", "erase", id});
    EXPECT_EQ(again.status.code, 3);
    EXPECT_THAT(again.err, HasSubstr("there is no task " + id));
    EXPECT_EQ(tasker_.run({"task", "erase", fail(), "--json"}).out, "{\"tasks\":1}\n");
    EXPECT_EQ(tasker_.run({"task", "erase", "17"}).status.code, 2);
}

} // namespace
} // namespace tasker::cli
