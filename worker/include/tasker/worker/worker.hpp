#pragma once

#include "tasker/worker/handler.hpp"
#include "tasker/worker/settings.hpp"

#include <functional>
#include <memory>
#include <string>

namespace tasker::worker {

/// How a run of a worker ended; also the exit code of programs.
enum class ending : int {
    stopped = 0, ///< all steps were finished or returned
    failed = 1,  ///< it could not start, or a part of it failed and no handler runs; see the log
    /// Handlers were still running when the worker had to end, or the database did not respond to a
    /// claim. Their steps run again. A worker also ends like this if all its handlers ignore the
    /// request to stop for the length of a lease.
    abandoned = 3,
};

struct run_options {
    /// SIGINT and SIGTERM call stop() during the run. False: the caller handles signals.
    bool stops_on_signals = true;
    /// Called on the thread of the run once the worker claims steps, with the address of the health
    /// port ("" if there is none).
    std::function<void(std::string const& address)> ready;
};

/// Claims steps, runs their handlers and reports the outcome, until it is stopped.
///
///     worker w{settings};
///     w.handle("order.validate", [](step_context const& step) -> step_result {
///         return nlohmann::json{{"valid", step.context().at("total") > 0}};
///     });
///     return static_cast<int>(w.run_until_stopped());
///
/// The built-in handlers `tasker.…` are always registered.
///
/// Lifetime: threads of abandoned handlers live until the handlers return, and share what those
/// captured. A program that must end before that has to call std::_Exit.
/// Threads: handle() and run_until_stopped() from one; stop() from any, at any time.
class worker {
public:
    /// Errors: throws std::invalid_argument with all problems if the settings are not valid.
    explicit worker(settings options);
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;
    ~worker();

    /// Adds a handler under the name that templates use. REQUIRES: not running yet.
    /// Errors: throws std::invalid_argument if the name is empty, too long, taken, or begins with
    /// "tasker.", which is reserved for built-in ones.
    worker& handle(std::string name, handler run);

    /// Waits for the database, then runs until stopped, or until all threads hang (see
    /// `ending::abandoned`). REQUIRES: called once.
    ending run_until_stopped(run_options options = {});

    /// The first call: claims no more steps, returns those that have not started, and waits at most
    /// shutdown_grace_ms for running handlers. Then it cancels them, and one second later it
    /// returns their steps and abandons them. The second call ends the worker immediately.
    void stop();

private:
    struct state;

    std::unique_ptr<state> state_;
};

} // namespace tasker::worker
