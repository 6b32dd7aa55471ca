#include "engine.hpp"

#include <gmock/gmock.h>

namespace tasker::cli {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PauseCommands : public Engine {};

TEST_F(PauseCommands, PausedTaskRunsOnceItIsResumed) {
    register_template(quick_template);
    auto const id = create({"quick"});
    auto const paused =
        tasker_.run({"task", "pause", id, "--reason", "a migration", "--by", "ada"});
    EXPECT_EQ(paused.status.code, 0) << paused.err;
    EXPECT_THAT(paused.out, HasSubstr("pending, paused\n"));
    EXPECT_THAT(
        tasker_.run({"task", "explain", id}).out,
        AllOf(HasSubstr(" ago by ada: a migration; "), HasSubstr("begins after the pause")));
    EXPECT_THAT(tasker_.run({"queue", "pauses"}).out,
                AllOf(HasSubstr(id), HasSubstr("ada"), HasSubstr("a migration")));
    EXPECT_EQ(tasker_.run({"task", "resume", id}).status.code, 0);
    EXPECT_EQ(tasker_.run({"queue", "pauses"}).out, "Nothing is paused.\n");
    start_worker();
    EXPECT_EQ(tasker_.run({"task", "wait", id}).status.code, 0);
    auto const late = tasker_.run({"task", "pause", id});
    EXPECT_EQ(late.status.code, 3);
    EXPECT_THAT(late.err, HasSubstr("only a task that has not ended can be paused"));
}

TEST_F(PauseCommands, NamespaceTemplateAndEverythingArePaused) {
    register_template(quick_template);
    for (auto const& scope :
         {std::vector<std::string>{"default"}, {"default", "--template", "quick"}, {"--all"}}) {
        auto pause = scope;
        pause.insert(pause.begin(), {"queue", "pause"});
        auto resume = scope;
        resume.insert(resume.begin(), {"queue", "resume"});
        auto const id = create({"quick"});
        auto const paused = tasker_.run(pause);
        EXPECT_EQ(paused.status.code, 0) << paused.err;
        EXPECT_THAT(paused.out, HasSubstr("NAMESPACE"));
        EXPECT_THAT(tasker_.run({"task", "get", id}).out, HasSubstr("paused"));
        EXPECT_EQ(tasker_.run(resume).out, "Nothing is paused.\n");
    }
}

TEST_F(PauseCommands, MistakesAreNamed) {
    EXPECT_THAT(tasker_.run({"queue", "pause"}).err, HasSubstr("give either a namespace or --all"));
    EXPECT_THAT(tasker_.run({"queue", "pause", "default", "--all"}).err,
                HasSubstr("give either a namespace or --all"));
    EXPECT_THAT(tasker_.run({"queue", "resume", "--all", "-t", "x"}).err,
                HasSubstr("--template needs a namespace"));
    EXPECT_THAT(tasker_.run({"queue", "pause", ""}).err, HasSubstr("namespace: must not be empty"));
    auto const unknown = tasker_.run({"queue", "pause", "shop"});
    EXPECT_EQ(unknown.status.code, 3);
    EXPECT_THAT(unknown.err, HasSubstr("there is no namespace shop"));
    EXPECT_EQ(tasker_.run({"task", "pause", "x"}).status.code, 2);
}

} // namespace

} // namespace tasker::cli
