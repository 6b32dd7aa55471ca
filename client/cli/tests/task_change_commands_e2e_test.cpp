#include "engine.hpp"

#include <gmock/gmock.h>

namespace tasker::cli {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TaskChangeCommands : public Engine {};

TEST_F(TaskChangeCommands, ResolvedStepShowsWhoDidIt) {
    register_template(quick_template);
    auto const id = create({"quick"});
    for (std::vector<std::string> const& wrong :
         {std::vector<std::string>{}, {"--skip", "--result", "1"}}) {
        std::vector<std::string> command{"task", "resolve", id, "first"};
        command.insert(command.end(), wrong.begin(), wrong.end());
        auto const refused = tasker_.run(command);
        EXPECT_EQ(refused.status.code, 2);
        EXPECT_THAT(refused.err, HasSubstr("give either --result or --skip"));
    }
    EXPECT_THAT(tasker_.run({"task", "resolve", id, "first", "--result", "{"}).err,
                HasSubstr("--result"));
    auto const done = tasker_.run({"task", "resolve", id, "first", "--result", R"({"n": 1})",
                                   "--reason", "by phone", "--by", "ada"});
    EXPECT_EQ(done.status.code, 0) << done.err;
    EXPECT_THAT(done.out, HasSubstr("1 of 2"));
    EXPECT_THAT(
        tasker_.run({"task", "steps", id, "first"}).out,
        AllOf(HasSubstr("resolved"), HasSubstr(" by ada: by phone\n"), HasSubstr("\"n\": 1")));
    auto const late = tasker_.run({"task", "resolve", id, "first", "--skip"});
    EXPECT_EQ(late.status.code, 3);
    EXPECT_THAT(late.err, HasSubstr("step \"first\" is complete"));
}

TEST_F(TaskChangeCommands, PriorityOfAnOpenTaskIsChanged) {
    register_template(quick_template);
    auto const id = create({"quick"});
    auto const changed = tasker_.run({"task", "priority", id, "urgent", "--by", "ada"});
    EXPECT_EQ(changed.status.code, 0) << changed.err;
    EXPECT_THAT(changed.out, HasSubstr("urgent"));
    EXPECT_THAT(tasker_.run({"task", "priority", id, "top"}).err,
                HasSubstr("the priority must be low, normal, high or urgent, not \"top\""));
    start_worker();
    EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 0);
    EXPECT_EQ(tasker_.run({"task", "priority", id, "low"}).status.code, 3);
}

TEST_F(TaskChangeCommands, ContextOfAFailedTaskIsReplaced) {
    start_worker();
    register_template(failing_template);
    auto const id = create({"failing"});
    EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 1);
    auto const edited =
        tasker_.run({"task", "edit", id, "--context", R"({"n": 7})", "--reason", "a typing error"});
    EXPECT_EQ(edited.status.code, 0) << edited.err;
    EXPECT_THAT(tasker_.run({"task", "get", id, "--field", "/context"}).out, HasSubstr("\"n\": 7"));
    EXPECT_THAT(tasker_.run({"task", "edit", id, "--context", "[1]"}).err,
                HasSubstr("must be an object, not an array"));
    EXPECT_EQ(tasker_.run({"task", "edit", id}).status.code, 2);
}

} // namespace

} // namespace tasker::cli
