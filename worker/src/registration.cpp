#include "registration.hpp"

#include "tasker/base/version.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/ip/host_name.hpp>

#include <cstdint>
#include <random>
#include <unistd.h>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

/// Differs from those of other processes, and is not negative.
std::int64_t random_instance() {
    std::random_device source;
    constexpr unsigned half = 32;
    auto const high = std::uint64_t{source()};
    return static_cast<std::int64_t>((high << half | source()) >> 1U);
}

} // namespace

std::string worker_name(settings const& options) {
    if (!options.name.empty()) {
        return options.name;
    }
    boost::system::error_code failure;
    auto const host = asio::ip::host_name(failure);
    return (failure ? "worker" : host) + '-' + std::to_string(getpid());
}

registration::registration(settings const& options, std::vector<std::string_view> const& handlers)
    : said_{.name = worker_name(options),
            .namespaces = options.namespaces,
            .slots = static_cast<std::int32_t>(options.concurrency),
            .handlers = {handlers.begin(), handlers.end()},
            .version = std::string{version()},
            .instance = random_instance()},
      self_{{}, std::chrono::seconds{options.lease_seconds}} {}

asio::awaitable<result<void>> registration::add(pg::connection& connection, deadline until) {
    auto const id = co_await queue::register_worker(connection, said_, until);
    if (!id) {
        co_return id.error();
    }
    self_.id = *id;
    co_return result<void>{};
}

asio::awaitable<result<queue::worker_order>> registration::renew(pg::connection& connection,
                                                                 deadline until) {
    auto const order = co_await queue::renew_last_seen(connection, self_.id, said_.instance, until);
    if (!order) {
        co_return order.error();
    }
    if (*order == queue::worker_order::removed) {
        auto const added = co_await add(connection, until);
        if (!added) {
            co_return added.error();
        }
        log::warn("registered_again", {{"worker", said_.name}});
    }
    auto const is_replaced = *order == queue::worker_order::replaced;
    if (is_replaced && !is_replaced_) {
        log::error(
            "worker_name_taken",
            {{"worker", said_.name},
             {"hint", "another process has registered this name: give each worker its own"}});
    }
    is_replaced_ = is_replaced;
    co_return *order;
}

asio::awaitable<result<void>> registration::end(pg::connection& connection, deadline until) {
    co_return co_await queue::end_worker(connection, self_.id, said_.instance, until);
}

} // namespace tasker::worker
