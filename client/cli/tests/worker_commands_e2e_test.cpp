#include "engine.hpp"

#include "tasker/client/client.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tasker::cli {

namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkerCommands : public Engine {
protected:
    /// A row of a worker that does not run.
    void add(std::string const& name, std::string const& namespaces) {
        database_.exec("select tasker.register_worker('" + name + "', '{" + namespaces +
                       "}', 4, '{ship,tasker.noop}', '1.2.3')");
    }

    std::string state_of(std::string const& name) {
        return database_.value<std::string>(
            "select coalesce((select state from tasker.list_workers(null, '" + name +
            "', null, 0, 1)), '')");
    }
};

TEST_F(WorkerCommands, ListShowsATable) {
    EXPECT_EQ(tasker_.run({"worker", "list"}).out, "No workers.\n");
    add("shop-1", "default,shop");
    add("other-1", "other");
    auto const text = tasker_.run({"worker", "list"}).out;
    EXPECT_THAT(text, HasSubstr("NAME     STATE    NAMESPACES     SLOTS  STEPS  VERSION"));
    EXPECT_THAT(text, ContainsRegex("shop-1 +serving +default, shop +4 +0 +1.2.3"));
    EXPECT_THAT(tasker_.run({"worker", "list", "-n", "shop"}).out,
                AllOf(HasSubstr("shop-1"), Not(HasSubstr("other-1"))));
    EXPECT_EQ(tasker_.run({"worker", "list", "--state", "gone"}).out, "No workers.\n");
}

TEST_F(WorkerCommands, JsonIsTheExactResponseOfTheApi) {
    add("shop-1", "shop");
    client::client api{"http://" + orchestrator_.address()};
    ASSERT_TRUE(api.list_workers({}, {.limit = 20}).has_value());
    EXPECT_EQ(tasker_.run({"worker", "list", "--json"}).out, api.last_response().body + '\n');
    ASSERT_TRUE(api.get_worker("shop-1").has_value());
    EXPECT_EQ(tasker_.run({"worker", "show", "shop-1", "--json"}).out,
              api.last_response().body + '\n');
}

TEST_F(WorkerCommands, DrainAndStopShowTheWorker) {
    add("shop-1", "shop");
    EXPECT_THAT(
        tasker_.run({"worker", "show", "shop-1"}).out,
        AllOf(HasSubstr("worker             shop-1\n"), HasSubstr("state              serving\n"),
              HasSubstr("handlers           ship, tasker.noop\n"), Not(HasSubstr("asked to"))));
    EXPECT_THAT(
        tasker_.run({"worker", "drain", "shop-1"}).out,
        AllOf(HasSubstr("state              draining\n"), HasSubstr("asked to           drain\n")));
    EXPECT_THAT(tasker_.run({"worker", "stop", "shop-1"}).out,
                HasSubstr("asked to           stop\n"));
}

TEST_F(WorkerCommands, StopEndsTheWorkersProcess) {
    start_worker();
    auto const name = database_.value<std::string>("select name from tasker.workers");
    EXPECT_EQ(tasker_.run({"worker", "stop", name}).status.code, 0);
    EXPECT_TRUE(testing::wait_until(testing::soon(), [&] { return state_of(name) == "gone"; }));
    auto const again = tasker_.run({"worker", "stop", name});
    EXPECT_EQ(again.status.code, 3);
    EXPECT_THAT(again.err, HasSubstr("is gone: it ended at"));
}

TEST_F(WorkerCommands, AnUnknownWorkerIsRefused) {
    auto const unknown = tasker_.run({"worker", "drain", "none"});
    EXPECT_EQ(unknown.status.code, 3);
    EXPECT_THAT(unknown.err, HasSubstr("there is no worker \"none\""));
    EXPECT_EQ(tasker_.run({"worker", "drain"}).status.code, 2);
}

TEST_F(WorkerCommands, HelpNamesTheProgramThatRunsAWorker) {
    EXPECT_THAT(tasker_.run({"worker", "--help"}).out,
                AllOf(HasSubstr("List, show, drain and stop workers"),
                      HasSubstr("To start a worker, run tasker-worker")));
}

} // namespace
} // namespace tasker::cli
