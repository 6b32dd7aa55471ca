#include "backlog_watch.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/queue/tasks.hpp"

namespace tasker::orchestration {

namespace {

namespace asio = boost::asio;

} // namespace

backlog_watch::backlog_watch(asio::any_io_executor executor, database& database,
                             backlog_watch_settings settings)
    : database_{database},
      settings_{settings},
      sleep_{executor} {}

asio::awaitable<void> backlog_watch::run_until_stopped() {
    while (!stopped_) {
        auto const until = steady_clock::now() + settings_.call_timeout;
        auto const sample = co_await database_.run(
            [until](pg::connection& connection) { return queue::backlogs(connection, until); },
            until);
        if (sample) {
            history_.add(*sample);
        }
        if (!stopped_) {
            sleep_.expires_after(settings_.interval);
            co_await sleep_.async_wait(as_tuple);
        }
    }
}

void backlog_watch::stop() noexcept {
    stopped_ = true;
    sleep_.cancel();
}

} // namespace tasker::orchestration
