#include "api_fixture.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace tasker::orchestration {
namespace {

/// Tasks that ended some days ago, by their states.
class Retention : public Api {
protected:
    Retention() {
        register_chain("one", "1.0.0", 1);
        add("complete", 2);
        add("complete", 40);
        add("cancelled", 40);
        add("failed", 40);
    }

    /// Adds a task that was created and ended so many days ago.
    void add(std::string const& state, int days) {
        auto const age = "tasker.clock() - interval '" + std::to_string(days) + " days'";
        database_.exec(
            "with added as (insert into tasker.tasks (task_id, template_id, state, priority, "
            "steps_active, steps_waiting, steps_failed, created_at, finished_at, context) "
            "select tasker.uuid_v7_floor(" +
            age + " + interval '1 second' * " + std::to_string(++tasks_) + "), template_id, '" +
            state + "', 2, 0, 0, 0, " + age + ", " + age +
            ", '{}' from tasker.templates returning task_id, state) "
            "insert into tasker.unsuccessful_tasks (state, task_id) select state, task_id from "
            "added "
            "where state <> 'complete'");
    }

    std::map<std::string, int> counts() {
        std::map<std::string, int> out;
        auto const listed = client_.get("/v1/tasks").json();
        for (auto const& task : listed.at("tasks")) {
            ++out[task.at("state").get<std::string>()];
        }
        return out;
    }

    int tasks_ = 0;
};

TEST_F(Retention, NothingIsDeletedByDefault) {
    EXPECT_EQ(counts(),
              (std::map<std::string, int>{{"cancelled", 1}, {"complete", 2}, {"failed", 1}}));
}

TEST_F(Retention, DeletesEachStateAfterItsDays) {
    settings_.retention = {.complete = 30, .failed = 0, .cancelled = 39};
    running_service const other{settings_};
    EXPECT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [this] {
        return database_.value<int>("select count(*) from tasker.tasks") == 2;
    }));
    EXPECT_EQ(counts(), (std::map<std::string, int>{{"complete", 1}, {"failed", 1}}));
}

} // namespace
} // namespace tasker::orchestration
