#pragma once

#include "side_thread.hpp"
#include "task_creator.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>

namespace tasker::orchestration::api {

/// /v1/tasks/batch.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class batch {
public:
    batch(task_creator& creator, side_thread& side_thread, std::size_t max_body_bytes);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> create(http::request& asked);

    task_creator& creator_;
    side_thread& side_thread_;
    std::size_t max_body_bytes_;
};

} // namespace tasker::orchestration::api
