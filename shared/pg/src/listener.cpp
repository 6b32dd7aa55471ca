#include "tasker/pg/listener.hpp"

#include "tasker/pg/connection.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/backoff.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

void log_disconnected(error const& failure, std::chrono::milliseconds next_attempt) {
    log::warn("listener_disconnected",
              {{"error", failure}, {"next_attempt_ms", next_attempt.count()}});
}

constexpr statement are_you_there{"tasker_are_you_there", "select 1"};

std::string quoted(std::string const& identifier) {
    std::string text = "\"";
    for (char const c : identifier) {
        text.append(c == '"' ? 2 : 1, c);
    }
    return text + "\"";
}

} // namespace

struct listener::state {
    state(asio::any_io_executor io, listener_settings chosen, listener_events call_back)
        : executor{std::move(io)},
          settings{std::move(chosen)},
          events{std::move(call_back)},
          pause{settings.first_backoff, settings.max_backoff} {
        for (auto const& channel : settings.channels) {
            texts.push_back({"tasker_listen_" + channel, "listen " + quoted(channel)});
        }
    }

    static asio::awaitable<void> run(std::shared_ptr<state> self);
    static asio::awaitable<void> connect_and_serve(std::shared_ptr<state> self);
    static asio::awaitable<error> serve(std::shared_ptr<state> self);
    static asio::awaitable<result<void>> listen(state& self, connection& session);
    static asio::awaitable<result<void>> say_wanted(state& self, connection& session);
    static asio::awaitable<result<void>> hear(state& self, connection& session);

    void stop() {
        stopped = true;
        end.emit(asio::cancellation_type::terminal);
    }

    struct text {
        std::string name;
        std::string sql;
    };

    asio::any_io_executor executor;
    listener_settings settings;
    listener_events events;
    backoff pause;
    std::vector<text> texts;
    asio::cancellation_signal end;
    connection* waiting = nullptr; ///< the session, while hear() waits
    bool stopped = false;
    bool listening = false;
    bool wanted = false;
    bool is_known_as_wanted = false; ///< by the present session
};

asio::awaitable<result<void>> listener::state::listen(state& self, connection& session) {
    std::vector<statement> statements; // the texts' owner outlives the session
    std::vector<call> calls;
    statements.reserve(self.texts.size());
    for (auto const& each : self.texts) {
        statements.push_back({each.name.c_str(), each.sql.c_str()});
        calls.emplace_back(statements.back());
    }
    auto const answers = co_await session.run_all(std::move(calls),
                                                  steady_clock::now() + self.settings.open_timeout);
    for (auto const& answer : answers) {
        if (answer.has_error()) {
            co_return answer.error();
        }
    }
    co_return result<void>{};
}

asio::awaitable<result<void>> listener::state::say_wanted(state& self, connection& session) {
    auto const wanted = self.wanted;
    statement const text = wanted
                               ? statement{"tasker_subscribe", self.settings.subscribe.c_str()}
                               : statement{"tasker_unsubscribe", self.settings.unsubscribe.c_str()};
    auto const answer =
        co_await session.run({text}, steady_clock::now() + self.settings.answer_limit);
    if (!answer) {
        co_return answer.error();
    }
    self.is_known_as_wanted = wanted;
    if (wanted) {
        self.pause.reset();
        self.events.check_again();
    }
    co_return result<void>{};
}

/// Waits for notifications, or until something else is to be done.
asio::awaitable<result<void>> listener::state::hear(state& self, connection& session) {
    auto const silence_end = steady_clock::now() + self.settings.longest_silence;
    self.waiting = &session;
    auto const notifications = co_await session.next_notifications(silence_end);
    self.waiting = nullptr;
    if (!notifications) {
        co_return notifications.error();
    }
    for (auto const& each : *notifications) {
        self.events.notified(each.channel, each.payload);
    }
    if (notifications->empty() && steady_clock::now() >= silence_end) {
        auto const answer =
            co_await session.run({are_you_there}, steady_clock::now() + self.settings.answer_limit);
        if (!answer) {
            co_return answer.error();
        }
    }
    co_return result<void>{};
}

/// Returns why it ended: connecting failed, the connection was lost, or it was stopped.
asio::awaitable<error> listener::state::serve(std::shared_ptr<state> self) {
    auto const limit = steady_clock::now() + self->settings.open_timeout;
    auto opened = co_await connection::open(self->executor, self->settings.connect, limit);
    if (!opened) {
        co_return opened.error();
    }
    self->is_known_as_wanted = false;
    auto const listens = co_await listen(*self, *opened);
    if (!listens) {
        co_return listens.error();
    }
    self->listening = true;
    if (!self->stopped && (!self->wanted || self->settings.subscribe.empty())) {
        self->pause.reset();
        self->events.check_again();
    }
    while (!self->stopped) {
        auto const is_said =
            self->wanted == self->is_known_as_wanted || self->settings.subscribe.empty();
        // Named: see scripts/check-awaits.
        auto next = is_said ? hear(*self, *opened) : say_wanted(*self, *opened);
        auto const done = co_await std::move(next);
        if (!done) {
            co_return done.error();
        }
    }
    co_return make_error(errc::cancelled, "stopped");
}

asio::awaitable<void> listener::state::connect_and_serve(std::shared_ptr<state> self) {
    // `stopped` is checked after each wait instead.
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer rest{self->executor};
    while (!self->stopped) {
        auto const failure = co_await serve(self);
        self->listening = false;
        if (self->stopped) {
            break;
        }
        auto const wait = self->pause.after_failure();
        log_disconnected(failure, wait);
        rest.expires_after(wait);
        co_await rest.async_wait(as_tuple);
    }
}

asio::awaitable<void> listener::state::run(std::shared_ptr<state> self) {
    // Nothing else uses this coroutine's slot while it waits for the other, whose slot is `end`'s.
    asio::cancellation_state const cancellation = co_await asio::this_coro::cancellation_state;
    auto outer = cancellation.slot();
    if (outer.is_connected()) {
        outer.assign([self](asio::cancellation_type) { self->stop(); });
    }
    co_await asio::co_spawn(self->executor, connect_and_serve(self),
                            asio::bind_cancellation_slot(self->end.slot(), asio::use_awaitable));
    if (outer.is_connected()) {
        outer.clear();
    }
}

listener::listener(asio::any_io_executor executor, listener_settings settings,
                   listener_events events)
    : state_{std::make_shared<state>(std::move(executor), std::move(settings), std::move(events))} {
}

listener::~listener() {
    stop();
}

asio::awaitable<void> listener::run_until_stopped() {
    return state::run(state_);
}

void listener::stop() noexcept {
    state_->stop();
}

void listener::set_wanted(bool wanted) noexcept {
    if (std::exchange(state_->wanted, wanted) != wanted && state_->waiting != nullptr) {
        state_->waiting->end_wait();
    }
}

bool listener::listening() const noexcept {
    return state_->listening;
}

} // namespace tasker::pg
