#pragma once

#include "tasker/measure/session.hpp"
#include "tasker/measure/shapes.hpp"

#include "tasker/queue/steps.hpp"
#include "tasker/queue/tasks.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tasker::measure {

/// A database that is driven without the services: calls of room queue on one connection, as the
/// services make them. Every call is durable unless it says otherwise.
/// Threads: one. Errors: throws std::runtime_error.
class stage {
public:
    /// `dsn`: of a migrated database.
    explicit stage(std::string const& dsn, std::string worker = "bench");

    /// Registers the template and makes it the one that tasks are made from.
    template_id use(shape const& of);

    std::vector<task_id> create(std::size_t tasks, std::string const& context = R"({"order":17})",
                                queue::priority priority = queue::priority::normal);

    /// Creates this many in batches of 1,000.
    std::vector<task_id> create_many(std::size_t tasks,
                                     std::string const& context = R"({"order":17})");

    std::vector<queue::claimed_step> claim(std::int32_t quantity,
                                           queue::priority priority = queue::priority::normal);

    /// `payload`: the result or the failure; empty: a small one.
    queue::finish_reply finish(std::vector<queue::claimed_step> const& steps, std::int32_t take = 0,
                               queue::outcome outcome = queue::outcome::success,
                               std::string const& payload = {});

    /// Returns them, so that they can be claimed immediately.
    std::int32_t release(std::vector<queue::claimed_step> const& steps);

    /// Deletes them with all that is left of them, and empties the queue of priority `beside`.
    void remove(std::vector<task_id> const& tasks);

    /// Removes the rows of earlier samples from the tables, so that all repetitions start with the
    /// same state.
    void vacuum();

    /// Claims and finishes this many steps, or all; returns how many.
    std::size_t work_off(std::size_t steps, std::string const& result = {});

    session& on() noexcept {
        return session_;
    }
    /// Continues with this session, which is connected to the same database.
    void swap_session(session& other) noexcept {
        session_.swap(other);
    }
    worker_id worker() const noexcept {
        return worker_;
    }
    std::string queue(queue::priority priority = queue::priority::normal) const;

private:
    session session_;
    worker_id worker_;
    template_id template_;
};

/// The priority, and so the queue, of tasks that are made for one sample.
inline constexpr auto beside = queue::priority::high;

/// Tasks for one sample, removed after it, so that the next one finds the database as this one did.
class sample_tasks {
public:
    explicit sample_tasks(stage& in, std::size_t tasks = 1);
    sample_tasks(sample_tasks const&) = delete;
    sample_tasks& operator=(sample_tasks const&) = delete;
    ~sample_tasks();

    std::vector<task_id> const& ids() const noexcept {
        return ids_;
    }

    /// Their first steps. Errors: throws if some are not there.
    std::vector<queue::claimed_step> claim() const;

private:
    stage& in_;
    std::vector<task_id> ids_;
};

std::vector<queue::lease> leases_of(std::vector<queue::claimed_step> const& steps);

} // namespace tasker::measure
