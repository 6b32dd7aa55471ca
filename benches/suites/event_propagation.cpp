#include "tasker/measure/bench.hpp"
#include "tasker/measure/session.hpp"
#include "tasker/pg/listener.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/core.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace {

using namespace tasker::measure;
using namespace tasker;

constexpr char const* channel = "bench_events";

/// When which notification was heard. Threads: any.
class heard {
public:
    void note(std::string_view payload) {
        auto const now = steady_clock::now();
        {
            std::lock_guard const lock{mutex_};
            last_ = payload;
            at_ = now;
        }
        changed_.notify_all();
    }

    /// The moment that the notification with this payload came.
    deadline wait_for(std::string const& payload) {
        std::unique_lock lock{mutex_};
        if (!changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return last_ == payload; })) {
            throw std::runtime_error{"notification " + payload + " was not heard"};
        }
        return at_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string last_;
    deadline at_;
};

/// Listens on a separate thread; ready when created. `Layer`: the services' listener; otherwise a
/// bare connection.
class ear {
public:
    ear(std::string const& dsn, bool is_layer) {
        if (is_layer) {
            layer_.emplace(
                io_.get_executor(),
                pg::listener_settings{.connect = {.dsn = dsn}, .channels = {channel}},
                pg::listener_events{
                    .notified = [this](std::string_view,
                                       std::string_view payload) { heard_.note(payload); },
                    .check_again = [this] { heard_.note("ready"); }});
        }
        boost::asio::co_spawn(io_, is_layer ? layer_->run_until_stopped() : listen(dsn),
                              boost::asio::detached);
        thread_ = std::thread{[this] { io_.run(); }};
        heard_.wait_for("ready");
    }
    ear(ear const&) = delete;
    ear& operator=(ear const&) = delete;
    ~ear() { // NOLINT(bugprone-exception-escape): throws only where memory ends
        boost::asio::post(io_, [this] {
            if (layer_) {
                layer_->stop();
            }
            is_stopped_ = true;
            if (bare_) {
                bare_->close();
            }
        });
        thread_.join();
    }

    heard& events() noexcept {
        return heard_;
    }

private:
    boost::asio::awaitable<void> listen(std::string dsn) {
        static constexpr pg::statement sql{"bench_listen", "listen bench_events"};
        pg::connect_options options{.dsn = std::move(dsn)};
        auto opened =
            co_await pg::connection::open(io_.get_executor(), std::move(options), session::soon());
        bare_.emplace(std::move(opened).value());
        auto const listening = co_await bare_->run({sql}, session::soon());
        listening.value();
        heard_.note("ready");
        while (!is_stopped_) {
            auto const got = co_await bare_->next_notifications(session::soon());
            if (!got) {
                break;
            }
            for (auto const& each : *got) {
                heard_.note(each.payload);
            }
        }
    }

    boost::asio::io_context io_{1};
    heard heard_;
    bool is_stopped_ = false;
    std::optional<pg::listener> layer_;
    std::optional<pg::connection> bare_;
    std::thread thread_;
};

class sender {
public:
    explicit sender(std::string const& dsn) : durable_{dsn}, quick_{dsn, false} {
        static constexpr pg::statement sql{"bench_create_queue",
                                           "select pgmq.create('bench_events')"};
        durable_.query(sql);
    }

    /// Returns how long until it was heard, from before it was sent.
    double notify(ear& to) {
        static constexpr pg::statement sql{"bench_event", "select pg_notify('bench_events', $1)"};
        auto const id = std::to_string(++sent_);
        auto const start = steady_clock::now();
        quick_.run(quick_.connection().run({sql, pg::params{}.add_text(id)}, session::soon()));
        auto const at = to.events().wait_for(id);
        return std::chrono::duration<double, std::milli>{at - start}.count();
    }

    double send() {
        return timed_ms([&] { durable_.query(send_sql); });
    }

    /// As in the services: the notification is a separate transaction after the commit, in the same
    /// flush, without a waiter.
    double send_then_notify() {
        // On another channel, so that it is not taken for one of those that are timed.
        static constexpr pg::statement sql{"bench_event_after",
                                           "select pg_notify('bench_others', 'x'), "
                                           "set_config('synchronous_commit', 'off', true)"};
        return timed_ms([&] {
            durable_.run(durable_.connection().run_then({send_sql}, {sql}, session::soon()));
        });
    }

private:
    static constexpr pg::statement send_sql{"bench_send",
                                            "select pgmq.send('bench_events', '{\"n\": 1}')"};
    session durable_;
    session quick_;
    std::uint64_t sent_ = 0;
};

void measure_all(bench& on) {
    auto& programs = on.programs();
    programs.stop_orchestrator();
    sender from{programs.dsn()};
    ear bare{programs.dsn(), false};
    ear layer{programs.dsn(), true};
    on.setting("clock",
               "one steady clock in one process; the listener is on a separate thread, and "
               "listened before the clock started");
    on.setting("warm-up", "20 samples, dropped, in each repetition");
    on.setting("commits", "notifications with synchronous_commit=off, as the services send them; "
                          "send durable");
    on.setting("pairs",
               "bare LISTEN and event layer, send and send with notify: one after the other");
    constexpr std::size_t warm_up = 20;
    auto const samples = on.sized(200, 200, 20);
    on.repeat_full(10);
    while (on.next_repetition()) {
        for (std::size_t i = 0; i < warm_up + samples; ++i) {
            double const raw_ms = from.notify(bare);
            double const layer_ms = from.notify(layer);
            double const send_ms = from.send();
            double const both_ms = from.send_then_notify();
            if (i >= warm_up) {
                on.add("NOTIFY to listener", raw_ms);
                on.add("NOTIFY to event layer", layer_ms);
                on.add("send", send_ms);
                on.add("send with notify", both_ms);
            }
        }
    }
    on.finding(fmt::format(
        "the event layer costs {:.1f} µs over bare LISTEN at p50",
        1'000 * (on.last_median("NOTIFY to event layer") - on.last_median("NOTIFY to listener"))));
    on.finding(fmt::format("a notification after a send costs the sender {:.1f} µs at p50",
                           1'000 * (on.last_median("send with notify") - on.last_median("send"))));
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "event_propagation",
                      "From NOTIFY to the listener, bare and through the event layer.",
                      measure_all);
}
