#include "tasker/worker/worker.hpp"

#include "builtin/builtin.hpp"
#include "builtin/command.hpp"
#include "runtime.hpp"

#include "tasker/base/assert.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

struct worker::state {
    explicit state(settings with) : options{std::move(with)} {}

    void wait_for_signal(asio::signal_set& signals) {
        signals.async_wait([this, &signals](boost::system::error_code failure, int number) {
            // Deliver a signal that came just before the end; a wait for the next one would never
            // end.
            if (!failure && !has_ended) {
                log::info("signal_received", {{"signal", number}});
                run->stop();
                wait_for_signal(signals);
            }
        });
    }

    settings const options;
    std::shared_ptr<handler_registry> handlers = std::make_shared<handler_registry>();
    asio::io_context io{1};
    std::unique_ptr<runtime> run;
    bool has_ended = false;
};

worker::worker(settings options) : state_{std::make_unique<state>(std::move(options))} {
    std::string problems;
    for (auto const& each : state_->options.validate()) {
        problems += (problems.empty() ? "" : "; ") + config::to_string(each);
    }
    if (!problems.empty()) {
        throw std::invalid_argument{problems};
    }
    add_builtin_handlers(*state_->handlers, state_->options);
}

worker::~worker() = default;

worker& worker::handle(std::string name, handler run) {
    TASKER_ASSERT(!state_->run);
    if (name.starts_with(builtin_prefix)) {
        throw std::invalid_argument{"handler \"" + name + "\": names that begin with \"" +
                                    std::string{builtin_prefix} +
                                    "\" are reserved for built-in ones"};
    }
    state_->handlers->add(std::move(name), std::move(run));
    return *this;
}

ending worker::run_until_stopped(run_options options) {
    TASKER_ASSERT(!state_->run);
    std::optional<asio::signal_set> signals;
    auto const handles_signals = options.stops_on_signals;
    state_->run = std::make_unique<runtime>(state_->io, state_->options, state_->handlers,
                                            std::move(options));
    if (handles_signals) {
        signals.emplace(state_->io, SIGINT, SIGTERM);
        state_->wait_for_signal(*signals);
    }
    state_->run->start([this, &signals] {
        state_->has_ended = true;
        if (signals) {
            signals->cancel();
        }
    });
    state_->io.run();
    // The process may end before the commands would get SIGKILL.
    kill_stopped_commands();
    return state_->run->how_it_ended();
}

void worker::stop() {
    asio::post(state_->io, [state = state_.get()] { state->run->stop(); });
}

} // namespace tasker::worker
