#include "worker_binding.hpp"

#include "forked_child.hpp"
#include "gil.hpp"
#include "parameters.hpp"
#include "running_workers.hpp"

#include "tasker/log/log.hpp"
#include "tasker/worker/worker.hpp"

#include <boost/asio/ip/host_name.hpp>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

namespace py = pybind11;

namespace tasker::python {

namespace {

/// Time for the pool's threads to end after the worker has stopped.
constexpr std::chrono::seconds threads_end_limit{5};
constexpr std::chrono::seconds flush_limit{1};
constexpr std::chrono::seconds leave_limit{2}; ///< for each of two attempts

template <class Value>
void take(py::dict const& from, char const* key, Value& into) {
    if (from.contains(key) && !from[key].is_none()) {
        into = from[key].cast<Value>();
    }
}

template <class Value>
void take(py::dict const& from, char const* key, std::optional<Value>& into) {
    if (from.contains(key) && !from[key].is_none()) {
        into = from[key].cast<Value>();
    }
}

void take_log(py::dict const& from, log::settings& into) {
    std::string level;
    std::string format;
    take(from, "log_level", level);
    take(from, "log_format", format);
    if (!level.empty()) {
        auto const parsed = log::parse_level(level);
        if (!parsed) {
            throw py::value_error{"log_level: debug, info, warn or error, not " + level};
        }
        into.threshold = *parsed;
    }
    if (!format.empty()) {
        auto const parsed = log::parse_format(format);
        if (!parsed) {
            throw py::value_error{"log_format: console or json, not " + format};
        }
        into.output = *parsed;
    }
}

/// Reads the file and the environment like any worker; settings from Python take precedence.
worker::settings read_settings(py::dict const& options) {
    worker::setting_overrides overrides;
    take(options, "config", overrides.file);
    take(options, "database_url", overrides.database_url);
    take(options, "listen", overrides.listen);
    take(options, "namespaces", overrides.namespaces);
    take(options, "slots", overrides.concurrency);
    take(options, "name", overrides.name);
    take(options, "lease_seconds", overrides.lease_seconds);
    take(options, "shutdown_grace_ms", overrides.shutdown_grace_ms);
    auto loaded = worker::load_settings(overrides);
    take_log(options, loaded.values.log);
    std::string problems;
    for (auto const& each : loaded.problems) {
        problems += (problems.empty() ? "" : "; ") + config::to_string(each);
    }
    if (!problems.empty()) {
        throw py::value_error{problems};
    }
    return std::move(loaded.values);
}

/// Runs before Python ends, because no C++ thread may be in Python then or enter it later. Workers
/// on daemon threads may finish short handlers.
void leave() {
    auto& workers = running_workers::get();
    bool have_ended = false;
    for (int stops = 0; stops < 2 && !have_ended; ++stops) {
        workers.stop();
        py::gil_scoped_release const others;
        have_ended = wait_for_threads(leave_limit) && workers.wait_until_none(leave_limit);
    }
    if (!have_ended) {
        log::warn("handlers_abandoned");
        PyRun_SimpleString("import sys; sys.stdout.flush(); sys.stderr.flush()");
        std::_Exit(static_cast<int>(worker::ending::abandoned));
    }
}

/// Flush Python's buffers, unless an abandoned handler holds the GIL permanently.
void try_to_flush() {
    auto const flushed = std::make_shared<std::promise<void>>();
    std::thread{[flushed] {
        {
            gil_hold const gil;
            PyRun_SimpleString("import sys; sys.stdout.flush(); sys.stderr.flush()");
        }
        flushed->set_value();
    }}.detach();
    flushed->get_future().wait_for(flush_limit);
}

/// The first worker of a process has the default name; the others need unique ones.
worker::settings with_name(worker::settings options, int number) {
    if (options.name.empty() && number > 1) {
        boost::system::error_code failure;
        auto const host = boost::asio::ip::host_name(failure);
        options.name = (failure ? "worker" : host) + '-' + std::to_string(getpid()) + '-' +
                       std::to_string(number);
    }
    return options;
}

class python_worker {
public:
    explicit python_worker(py::dict const& options)
        : settings_{with_name(read_settings(options), place_.number())},
          worker_{std::make_unique<worker::worker>(settings_)} {}

    python_worker(python_worker const&) = delete;
    python_worker& operator=(python_worker const&) = delete;

    /// A forked child does not destroy the worker: that would close the parent's connections.
    ~python_worker() {
        if (!is_of_this_process()) {
            static_cast<void>(worker_.release());
        }
    }

    void handle(std::string name, py::function call, py::sequence const& parameters) {
        not_yet_run().handle(std::move(name), share(make_handler(std::move(call), parameters)));
    }

    /// Returns how it ended: 0, 1 or 3, as in worker::ending. If `leaves_behind` is false and
    /// handlers are still running, it ends the process with 3 and does not return: the GIL may
    /// never be free again, and Python cannot end while threads run it.
    int run(bool stops_on_signals, bool leaves_behind, py::object const& ready) {
        auto& working = not_yet_run();
        running_call const call{working};
        was_run_ = true;
        share_signal_mask();
        log::init(settings_.log, "tasker-worker");
        worker::run_options options{.stops_on_signals = stops_on_signals};
        if (!ready.is_none()) {
            options.ready = [&ready](std::string const& address) { report_ready(ready, address); };
        }
        auto end = worker::ending::failed;
        {
            py::gil_scoped_release const others;
            end = working.run_until_stopped(std::move(options));
            if (end == worker::ending::abandoned && !leaves_behind) {
                try_to_flush();
                std::_Exit(static_cast<int>(end));
            }
        }
        running_workers::get().has_ended(working);
        worker_.reset();
        // The threads of another worker keep running.
        if (end != worker::ending::abandoned && !running_workers::get().are_working()) {
            py::gil_scoped_release const others;
            wait_for_threads(threads_end_limit);
        }
        let_go();
        return static_cast<int>(end);
    }

    void stop() {
        if (worker_ && is_of_this_process()) {
            worker_->stop();
        }
    }

private:
    worker::worker& not_yet_run() {
        if (was_run_) {
            throw std::runtime_error{"a worker runs only once; create a new one"};
        }
        if (!is_of_this_process()) {
            throw std::runtime_error{
                "this worker was created before a fork; create it in the process that runs it"};
        }
        return *worker_;
    }

    bool is_of_this_process() const noexcept {
        return forks_ == fork_count();
    }

    static void report_ready(py::object const& ready, std::string const& address) {
        gil_hold const gil;
        try {
            ready(address);
        } catch (py::error_already_set& raised) {
            raised.discard_as_unraisable("the worker's ready callback");
        }
    }

    int forks_ = fork_count();
    worker_place place_;
    worker::settings settings_;
    std::unique_ptr<worker::worker> worker_;
    bool was_run_ = false;
};

} // namespace

void bind_worker(py::module_& module) {
    // The function registered first is called last.
    py::module_::import("atexit").attr("register")(py::cpp_function{&leave});
    module.def(
        "read_settings",
        [](py::dict const& options) {
            auto const settings = read_settings(options);
            py::dict result;
            result["listen"] = settings.health.listen;
            result["name"] = settings.name;
            result["namespaces"] = settings.namespaces;
            result["slots"] = settings.concurrency;
            return result;
        },
        py::arg("options"));
    py::class_<python_worker>(module, "Worker")
        .def(py::init<py::dict const&>(), py::arg("options"))
        .def("handle", &python_worker::handle, py::arg("name"), py::arg("call"),
             py::arg("parameters"))
        .def("run", &python_worker::run, py::arg("stops_on_signals"), py::arg("leaves_behind"),
             py::arg("ready"))
        .def("stop", &python_worker::stop);
}

} // namespace tasker::python
