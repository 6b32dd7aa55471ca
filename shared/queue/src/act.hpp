#pragma once

#include "announce.hpp"

#include "tasker/base/error.hpp"
#include "tasker/pg/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <utility>

namespace tasker::queue {

/// Calls a function that changes tasks, and sends its notifications. What it returns is ignored.
inline boost::asio::awaitable<result<void>> act(pg::connection& connection, pg::call asked,
                                                deadline until) {
    auto const answer = co_await connection.run_then(std::move(asked), announce, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return result<void>{};
}

} // namespace tasker::queue
