#pragma once

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/client/failure.hpp"
#include "tasker/model/states.hpp"
#include "tasker/wire/action.hpp"
#include "tasker/wire/change.hpp"
#include "tasker/wire/compensation.hpp"
#include "tasker/wire/create_task.hpp"
#include "tasker/wire/dead_letters.hpp"
#include "tasker/wire/diagnosis.hpp"
#include "tasker/wire/explanation.hpp"
#include "tasker/wire/item_view.hpp"
#include "tasker/wire/labels.hpp"
#include "tasker/wire/page.hpp"
#include "tasker/wire/pause.hpp"
#include "tasker/wire/prune.hpp"
#include "tasker/wire/rerun.hpp"
#include "tasker/wire/resolve.hpp"
#include "tasker/wire/signal.hpp"
#include "tasker/wire/step_view.hpp"
#include "tasker/wire/task_view.hpp"
#include "tasker/wire/template_view.hpp"
#include "tasker/wire/worker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::client {

struct client_options {
    /// For one call, from the look-up of the host's name to the last byte of the response. wait()
    /// adds the time that it asks the server to wait.
    std::chrono::milliseconds call_timeout{30'000};
    std::size_t max_response_bytes = std::size_t{256} << 20;
};

/// The filters of a list of tasks; absent filters match everything.
struct task_filter {
    std::optional<std::string> name_space = {};
    std::optional<std::string> name = {};
    std::optional<std::string> version = {};
    std::optional<model::task_state> state = {};
    std::optional<timestamp> created_after = {};
    std::optional<timestamp> created_before = {};
    bool children = false;                ///< child tasks too
    std::vector<wire::label> labels = {}; ///< the task has all of them
    std::optional<wire::context_filter> context = {};
};

struct template_filter {
    std::optional<std::string> name_space = {};
    std::optional<std::string> name = {};
    std::optional<std::string> version = {};
};

/// The filters of a list of waits for signals; absent filters match everything.
struct signal_filter {
    std::optional<std::string> name_space = {};
    std::optional<std::string> name = {}; ///< of the signal
    bool only_forms = false;              ///< approvals
};

/// The filters of a list of workers; absent filters match everything.
struct worker_filter {
    std::optional<std::string> name_space = {}; ///< it serves this one
    std::optional<std::string> state = {};      ///< serving, draining or gone
};

/// Which finished tasks to delete; absent filters match everything.
struct prune_request {
    model::task_state state = model::task_state::complete; ///< a final one
    timestamp finished_before;
    std::optional<std::string> name_space = {};
    std::optional<std::string> name = {}; ///< of the template
    bool dry_run = false;                 ///< only count
    std::optional<std::string> cursor = {};
};

/// The page of a list.
struct page_request {
    std::int32_t limit = 50;                ///< 1 to 1000
    std::optional<std::string> cursor = {}; ///< `next_cursor` of the previous page
};

enum class template_format : std::uint8_t { yaml, json };

/// The last response of the server, byte for byte.
struct http_response {
    int status = 0; ///< HTTP status; 0: no response
    std::string body;
};

/// The HTTP API of an orchestrator, as blocking calls over one persistent connection.
///
///     tasker::client::client orders{"http://127.0.0.1:8080"};
///     auto const task = orders.create_task({.name = "ship", .context =
///     R"({"order":17})"}).value(); auto const done = orders.wait(task.id,
///     std::chrono::seconds{30}).value();
///
/// A connection that the server has closed meanwhile is reopened. A call that is safe to repeat is
/// repeated once if a kept connection breaks; a creation without an idempotency key is not.
///
/// Threads: one at a time; make one client for each thread.
/// Errors: every call returns errc::invalid_url if the URL of the constructor is invalid, and may
/// return any other errc unless stated otherwise.
class client {
public:
    /// Connects at the first call.
    explicit client(std::string_view url, client_options options = {});

    client(client&&) noexcept;
    client& operator=(client&&) noexcept;
    ~client();

    /// Returns the existing task of the same idempotency key if there is one; then
    /// last_response().status is 200 instead of 201. Errors: errc::refused with conflict if that
    /// task had another body.
    result<wire::task_view> create_task(wire::create_task_request const& request);

    /// All or none, at most wire::max_batch; in the order given.
    result<std::vector<wire::created_task>>
    create_tasks(std::span<wire::create_task_request const> requests);

    result<wire::task_view> get_task(task_id id);

    /// Returns the task once it is finished. Errors: errc::timeout if it is not finished after
    /// `limit`; last_response() then has the last known task.
    result<wire::task_view> wait(task_id id, std::chrono::milliseconds limit);

    /// Newest first.
    result<wire::page<wire::task_view>> list_tasks(task_filter const& filter = {},
                                                   page_request const& part = {});

    /// The child tasks of its steps, newest first; `in`: only those in this state.
    result<wire::page<wire::task_view>> list_children(task_id id,
                                                      std::optional<model::task_state> in = {},
                                                      page_request const& part = {});

    /// Its open child tasks are cancelled too. `how.compensate`: its complete steps are undone.
    /// Errors: errc::refused with conflict if it is complete, if its steps are being undone after a
    /// failure, or if it was cancelled before without `compensate` and has steps to undo.
    result<wire::task_view> cancel_task(task_id id, wire::cancel_request const& how = {});

    /// Runs its failed steps again, and the steps that depend on them. Does nothing if an earlier
    /// retry has already restarted the task. Errors: errc::refused with conflict if it has not
    /// failed, is a child task, or was undone.
    result<wire::task_view> retry_task(task_id id, wire::action_request const& request = {});

    /// Runs a finished task again from one of its steps, as a new task, which it returns. The new
    /// task takes over the complete and skipped steps that do not depend on that step. Errors:
    /// errc::refused with invalid_request if there is no such step, with conflict if the task has
    /// not finished, is a child task, or is half undone, or if the key was used with another step.
    result<wire::task_view> rerun_task(task_id id, wire::rerun_request const& request);

    /// Completes a step by hand with a result, or skips it, and the workflow continues. Does
    /// nothing if the step has ended so before. Errors: errc::refused with conflict if the step has
    /// not begun or has ended otherwise, or if the task has ended without having failed, is a child
    /// task, or was undone; with unprocessable if the result does not match the `result_schema`.
    result<wire::task_view> resolve_step(task_id id, std::string_view step,
                                         wire::resolve_request const& request);

    /// Changes its priority, and that of its open child tasks that have the same. Errors:
    /// errc::refused with conflict if it has ended, or is a child task.
    result<wire::task_view> set_priority(task_id id, wire::priority_request const& request);

    /// Replaces the context of a failed task. Errors: errc::refused with conflict if it has not
    /// failed, is a child task, or was undone; with unprocessable if the context does not match the
    /// template's input schema.
    result<wire::task_view> edit_task(task_id id, wire::edit_request const& request);

    /// Pauses it and its child tasks: none of their steps starts until it is resumed. Errors:
    /// errc::refused with conflict if it has ended, or is a child task.
    result<wire::task_view> pause_task(task_id id, wire::action_request const& request = {});
    /// Ends its pause. Errors: errc::refused with conflict if it is a child task.
    result<wire::task_view> resume_task(task_id id, wire::action_request const& request = {});

    /// The same for all tasks of a template, of a namespace, or everything. Returns what is paused
    /// then. Errors: errc::refused with not found if there is no such namespace or template.
    result<wire::pauses_view> pause_tasks(wire::pause_request const& request);
    result<wire::pauses_view> resume_tasks(wire::pause_request const& request);

    result<wire::pauses_view> list_pauses();

    /// Deletes a batch of finished tasks; next_cursor continues.
    result<wire::prune_view> prune_tasks(prune_request const& request);

    /// Deletes a finished task with its child tasks. Errors: errc::refused with conflict if it, or
    /// one of these, is open, or if it is a child task.
    result<wire::erase_view> erase_task(task_id id);

    /// Failed tasks that are no child tasks, newest first. A page may be short although
    /// next_cursor continues it.
    result<wire::page<wire::dead_letter>>
    list_dead_letters(wire::dead_letter_filter const& filter = {}, page_request const& part = {});

    /// At most `limit` groups, 1 to 1000.
    result<wire::dead_letter_groups> group_dead_letters(wire::dead_letter_filter const& filter = {},
                                                        std::int32_t limit = 50);

    /// Retries failed tasks, or erases them. Some may be refused; next_cursor continues.
    result<wire::dead_letter_outcome>
    requeue_dead_letters(wire::dead_letter_request const& request);
    result<wire::dead_letter_outcome>
    discard_dead_letters(wire::dead_letter_request const& request);

    /// Why the task is in its state, and what its steps wait for.
    result<wire::explanation_view> explain_task(task_id id);

    /// What is undone, or would be undone, when the task is compensated.
    result<wire::compensation_view> get_compensation(task_id id);

    /// Sends a signal to the step of the task that waits for it. Errors: errc::refused with
    /// conflict if the step has it already, or has ended; with unprocessable if the payload does
    /// not match its schema.
    result<wire::signal_reply> send_signal(task_id id, std::string_view name,
                                           wire::signal_request const& request = {});

    /// Sends a signal to all steps of a namespace that wait for it with this correlation key.
    result<wire::keyed_signal_reply> send_signal_by_key(std::string_view name_space,
                                                        std::string_view name, std::string_view key,
                                                        wire::signal_request const& request = {});

    /// The steps that wait for a signal; the oldest tasks first.
    result<wire::page<wire::signal_wait>> list_signals(signal_filter const& filter = {},
                                                       page_request const& part = {});

    /// In topological order.
    result<wire::page<wire::step_view>> list_steps(task_id id, page_request const& part = {});

    /// The items of a step with `map`, by index; `in`: only those in this state.
    result<wire::page<wire::item_view>> list_items(task_id id, std::string_view step,
                                                   std::optional<model::step_state> in = {},
                                                   page_request const& part = {});

    /// All steps, in topological order; makes as many calls as needed.
    result<std::vector<wire::step_view>> all_steps(task_id id);

    result<wire::step_view> get_step(task_id id, std::string_view name);

    /// Registering the same content again is safe. Errors: errc::refused with unprocessable and
    /// a detail for each problem, or with conflict if that version has other content.
    result<wire::template_view> register_template(std::string_view text, template_format format);

    result<wire::page<wire::template_view>> list_templates(template_filter const& filter = {},
                                                           page_request const& part = {});

    result<wire::template_view> get_template(std::string_view name_space, std::string_view name,
                                             std::string_view version);

    /// In the order in which their names were first registered.
    result<wire::page<wire::worker_view>> list_workers(worker_filter const& filter = {},
                                                       page_request const& part = {});

    result<wire::worker_view> get_worker(std::string_view name);

    /// Asks a worker to claim nothing more; what runs ends. It stays until it is stopped.
    /// Errors: errc::refused with conflict if it is gone.
    result<wire::worker_view> drain_worker(std::string_view name);

    /// The same, and the process ends with exit code 0 when it holds no step.
    result<wire::worker_view> stop_worker(std::string_view name);

    /// What is wrong, or may be; the errors first.
    result<wire::diagnosis> diagnose();

    /// The server's report on its health, JSON. Errors: errc::server_failed if the server is
    /// unhealthy.
    result<std::string> health();

    /// The server's response to the last exchange of the last call.
    http_response const& last_response() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace tasker::client
