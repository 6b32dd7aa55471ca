#pragma once

#include "workflow_database.hpp"
#include "workflow_model.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::sql::testing {

/// Runs workflows on the SQL functions of the core, in an order that depends on a seed: claims of
/// different sizes, reports alone and in batches, continuations, lost leases.
class engine_run {
public:
    explicit engine_run(workflow_database& on);

    /// Runs a task of the workflow to its end. Returns what the API shows, and then whatever is
    /// wrong with the tables; "" if nothing is.
    struct outcome {
        model_end end;
        std::string problem;
        bool was_ended = false; ///< a step ended the run
    };
    outcome run(model_workflow const& steps, std::uint64_t seed);

    /// The same as run(), but the task, its template, its namespace or everything is paused at
    /// times.
    outcome run_with_pauses(model_workflow const& steps, std::uint64_t seed);

    /// The same as run(), but messages are lost at times, and their steps are enqueued again. It is
    /// a problem if a step seems lost that is not.
    outcome run_with_lost_messages(model_workflow const& steps, std::uint64_t seed);

    /// The same as run(), and cancels the task after some moves. The end is any that a cancelled
    /// task may have.
    outcome run_and_cancel(model_workflow const& steps, std::uint64_t seed);

    /// The same as run() with a budget, of which each attempt spends 1.
    outcome run_with_budget(model_workflow const& steps, std::uint64_t seed, int budget);

    /// The same as run(), but after some moves the time limit of the task passes. What its workers
    /// hold then is still to be reported, and may be left by end().
    outcome run_overdue(model_workflow const& steps, std::uint64_t seed);

    /// Retries the task of the last run, whose handlers behave as in `steps` from now on, and runs
    /// it to its end. Throws pqxx::sql_error if the retry is refused.
    outcome retry(model_workflow const& steps);

    /// Reruns the task of the last run from a step. Handlers behave as in `steps` from now on.
    /// `taken` gets whether each step was taken over. Throws pqxx::sql_error if the rerun is
    /// refused.
    outcome rerun(model_workflow const& steps, std::size_t from, std::vector<bool>& taken);
    /// The same as run(), but a user resolves steps that are open at times, and changes the
    /// priority of the task. `steps` becomes the workflow that ends so without this.
    outcome run_with_resolves(model_workflow& steps, std::uint64_t seed);

    /// Resolves a step that failed in the last run, if one can be, and runs the task to its end.
    std::optional<outcome> resolve_failed(model_workflow& steps);

    /// How much the task of the last run and its hook task spent, as their attempts did and as the
    /// API shows.
    int spent() const {
        return spent_;
    }
    int shown_spent();
    /// The same as run(), but a step ends the run if its handler is called.
    outcome run_and_end(model_workflow const& steps, model_ending const& by, std::uint64_t seed);

private:
    static constexpr std::string_view queues[]{"tasker_default__p4", "tasker_default__p3",
                                               "tasker_default", "tasker_default__p1"};

    struct held {
        std::string queue;
        std::string task;
        bool is_of_child = false; ///< or of a hook task
        bool is_of_hook = false;
        std::size_t step = 0; ///< in the workflow; of a child task: of its parent
        int parent_item = -1; ///< of a child task: the index of the item of its parent
        int number = 0;       ///< step_no, which is another one for an undo step
        std::string item;     ///< of an item of a map
        int delivery = 0;
        std::int64_t msg_id = 0;
        int failures = 0;
        int max_attempts = 0;
        int iteration = 1;
        bool is_undo = false;
    };

    struct report {
        std::string outcome;
        std::string payload;
    };

    void create(model_workflow const& steps);
    void pause();
    void resume();
    /// Until nothing of the task is left to do.
    void finish_all(model_workflow const& steps);
    void resolve(model_workflow& steps, std::size_t index);
    /// Deletes the events of the steps that a retry runs again: they publish them again. `more`:
    /// further arguments of steps_to_retry.
    void forget_events(std::string const& more = "");
    /// One random move; false if nothing can happen before a later time.
    bool move(model_workflow const& steps);
    bool claim();
    /// Drops the messages whose reports were refused.
    void drop_messages();
    void keep(pqxx::result const& rows);
    int messages();
    void expire_leases();
    /// Whether the queue is that of the step's priority.
    static bool is_in_its_queue(model_workflow const& steps, held const& of);
    void finish(model_workflow const& steps);
    void spend(std::vector<held> const& batch);
    held held_of(pqxx::row const& row);
    report report_of(model_workflow const& steps, held const& of) const;
    /// Sends the signals that steps wait for. `early`: some that they do not wait for yet.
    bool signal(model_workflow const& steps, bool early);
    bool wait(model_workflow const& steps);
    void sweep();
    /// What seems to have lost its message.
    std::string lost_steps();
    void lose_messages();
    outcome end();
    std::string problem();
    std::size_t below(std::size_t count) {
        return static_cast<std::size_t>(random_() % count);
    }

    workflow_database& on_;
    std::mt19937_64 random_;
    std::vector<held> held_;
    std::string task_;
    std::optional<model_ending> ending_;
    std::string misplaced_;     ///< the queue of a step that belongs to another one, or is paused
    model_workflow unresolved_; ///< what was created, before run_with_resolves() changed it
    bool is_moved_ = false;     ///< its priority was changed, so its steps may be in any queue
    std::string pause_;         ///< how it is resumed; "": it is not paused
    int templates_ = 0;
    int hours_ = 0;
    int budget_ = 0; ///< 0: none
    int spent_ = 0;
};

} // namespace tasker::sql::testing
