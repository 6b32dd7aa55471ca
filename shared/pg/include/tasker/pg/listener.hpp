#pragma once

#include "tasker/pg/connect_options.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::pg {

struct listener_settings {
    connect_options connect;
    std::vector<std::string> channels;
    /// Statements that the session runs when notifications become wanted, and when they no longer
    /// are, so that the senders can omit them. Both empty: the senders always notify.
    std::string subscribe;
    std::string unsubscribe;
    std::chrono::milliseconds open_timeout{5000};
    std::chrono::milliseconds first_backoff{50}; ///< after a failure; doubles, with jitter
    std::chrono::milliseconds max_backoff{2000};
    /// After this much silence the listener sends a query, which the server must answer within
    /// `answer_limit`, because a link can die silently.
    std::chrono::milliseconds longest_silence{15'000};
    std::chrono::milliseconds answer_limit{5000};
};

/// Called on the listener's executor; must return quickly and must not throw.
struct listener_events {
    /// The views are valid during the call.
    std::function<void(std::string_view channel, std::string_view payload)> notified;
    /// Listening has started, for the first time or again, or others know now that notifications
    /// are wanted. Earlier events were not announced, so check everything once.
    std::function<void()> check_again;
};

/// Listens to channels on its own connection, and reconnects as long as it runs.
///
/// Notifications only shorten waits: their users must also work without them.
///
/// Lifetime: destroying it is `stop`; a run keeps the inner state, so `listener_events` must be
/// callable until `run_until_stopped` has returned.
/// Threads: all on its executor.
/// Cancellation: cancelling `run_until_stopped` (terminal) is `stop`.
/// Errors: none reach the caller; each lost connection is logged (`listener_disconnected`).
class listener {
public:
    listener(boost::asio::any_io_executor executor, listener_settings settings,
             listener_events events);
    listener(listener const&) = delete;
    listener& operator=(listener const&) = delete;
    ~listener();

    /// Returns after `stop`, with the connection closed. Call it only once.
    boost::asio::awaitable<void> run_until_stopped();

    void stop() noexcept;

    /// Whether notifications are wanted, at first not. See listener_settings::subscribe.
    void set_wanted(bool wanted) noexcept;

    /// False while it is not connected; a dead link is noticed after longest_silence +
    /// answer_limit.
    bool listening() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace tasker::pg
