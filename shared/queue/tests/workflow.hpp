#pragma once

#include "tasker/queue/steps.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/queue/templates.hpp"
#include "tasker/queue/workers.hpp"

#include "tasker/testing/running.hpp"
#include "tasker/testing/test_database.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace tasker::queue {

/// The argument p_steps for steps in YAML: "{name: a, …}, {name: b, …}".
std::string steps_of(std::string const& steps);

/// A migrated database, a connection and a registered worker.
class Workflow : public ::testing::Test {
protected:
    static constexpr std::chrono::seconds lease_time{30};
    inline static std::string const normal_queue = "tasker_default";

    Workflow();

    pg::connection open();

    template <class T>
    T run(boost::asio::awaitable<T> call) {
        return tasker::testing::run(io_, std::move(call));
    }

    template_id register_steps(std::string const& name, std::string const& steps);

    /// a -> b -> c
    template_id register_chain();

    task_id create(template_id from, std::string context = "{}");
    std::vector<claimed_step> claim_all(std::int32_t quantity = 100);
    finish_reply finish_one(claimed_step const& step, std::string payload = "null",
                            queue::outcome outcome = queue::outcome::success,
                            std::int32_t take = 0);
    wire::task_view get(task_id task);

    tasker::testing::test_database database_;
    boost::asio::io_context io_;
    pg::connection connection_;
    worker_id worker_;
};

} // namespace tasker::queue
