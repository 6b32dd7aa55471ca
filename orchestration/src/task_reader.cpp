#include "task_reader.hpp"

#include "tasker/queue/tasks.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace tasker::orchestration {

namespace asio = boost::asio;

task_reader::task_reader(asio::any_io_executor executor, database& database, metrics& metrics,
                         std::chrono::milliseconds call_timeout)
    : database_{database},
      metrics_{metrics},
      call_timeout_{call_timeout},
      gets_{executor, {}, [this](std::vector<task_id> ids) { return send(std::move(ids)); }} {}

asio::awaitable<api_result<std::optional<wire::task_view>>> task_reader::get(task_id id) {
    auto found = co_await gets_.submit(id, steady_clock::now() + call_timeout_);
    if (!found) {
        co_return to_error_body(found.error());
    }
    co_return std::move(*found);
}

asio::awaitable<void> task_reader::run_until_stopped() {
    using namespace asio::experimental::awaitable_operators;
    // Two calls in flight, so that one large result does not delay all readers.
    co_await (gets_.run_until_stopped() && gets_.run_until_stopped());
}

void task_reader::stop() noexcept {
    gets_.stop();
}

asio::awaitable<std::vector<result<std::optional<wire::task_view>>>>
task_reader::send(std::vector<task_id> ids) {
    metrics_.gets_sent(ids.size());
    auto const until = steady_clock::now() + call_timeout_;
    std::vector<task_id> distinct = ids;
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    auto found = co_await database_.run(
        [&distinct, until](pg::connection& connection) {
            return queue::get_tasks(connection, distinct, until);
        },
        until);

    std::vector<result<found_task>> replies;
    replies.reserve(ids.size());
    if (!found) {
        replies.assign(ids.size(), found.error());
        co_return replies;
    }
    std::unordered_map<task_id, wire::task_view*> by_id;
    for (auto& task : *found) {
        by_id.emplace(task.id, &task);
    }
    bool const each_once = distinct.size() == ids.size();
    for (auto const& id : ids) {
        auto const at = by_id.find(id);
        if (at == by_id.end()) {
            replies.emplace_back(found_task{});
        } else if (each_once) {
            replies.emplace_back(found_task{std::move(*at->second)});
        } else {
            replies.emplace_back(found_task{*at->second});
        }
    }
    co_return replies;
}

} // namespace tasker::orchestration
