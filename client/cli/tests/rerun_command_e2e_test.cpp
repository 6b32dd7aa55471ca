#include "engine.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tasker::cli {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RerunCommand : public Engine {};

TEST_F(RerunCommand, PrintsTheIdOfTheNewTaskAndBothTasksShowTheOther) {
    start_worker();
    register_template(quick_template);
    auto const id = create({"quick"});
    EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 0);
    auto const rerun =
        tasker_.run({"task", "rerun", id, "--from", "second", "--reason", "wrong", "--by", "ada"});
    EXPECT_EQ(rerun.status.code, 0) << rerun.err;
    auto const again = rerun.out.substr(0, rerun.out.size() - 1);
    EXPECT_EQ(tasker_.run({"task", "wait", again}).status.code, 0);
    EXPECT_THAT(tasker_.run({"task", "get", again}).out, HasSubstr("rerun of  " + id + "\n"));
    EXPECT_THAT(
        tasker_.run({"task", "get", id}).out,
        AllOf(HasSubstr("rerun as  " + again + " from second, "), HasSubstr(" by ada: wrong\n")));
    auto const watched = tasker_.run({"task", "rerun", id, "--from", "second", "--watch"});
    EXPECT_EQ(watched.status.code, 0);
    EXPECT_THAT(watched.out, HasSubstr("complete"));
}

TEST_F(RerunCommand, SameKeyReturnsTheSameTask) {
    start_worker();
    register_template(quick_template);
    auto const id = create({"quick"});
    tasker_.run({"task", "wait", id});
    std::vector<std::string> const call{"task", "rerun", id, "--from", "second", "--key", "k"};
    auto const one = tasker_.run_for_json(call);
    EXPECT_EQ(one["rerun_of"], id);
    EXPECT_EQ(tasker_.run_for_json(call)["task_id"], one["task_id"]);
}

TEST_F(RerunCommand, RefusalsSayWhy) {
    register_template(quick_template);
    auto const id = create({"quick"});
    auto const open = tasker_.run({"task", "rerun", id, "--from", "second"});
    EXPECT_EQ(open.status.code, 3);
    EXPECT_THAT(open.err, HasSubstr("only a finished task can be rerun"));
    start_worker();
    tasker_.run({"task", "wait", id});
    auto const step = tasker_.run({"task", "rerun", id, "--from", "x"});
    EXPECT_THAT(step.err, HasSubstr("from: the template has no step \"x\"; its steps are "));
    EXPECT_EQ(tasker_.run({"task", "rerun", id}).status.code, 2);
    EXPECT_EQ(tasker_.run({"task", "rerun", id, "--from", ""}).status.code, 2);
}

} // namespace

} // namespace tasker::cli
