#pragma once

#include "execution.hpp"

#include "tasker/base/error.hpp"
#include "tasker/pg/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <vector>

namespace tasker::worker {

/// Stores the notes of those steps whose notes the database may lack; without any it makes no call.
/// A failed call leaves its notes for the next one, but those that the database refuses are
/// dropped.
boost::asio::awaitable<result<void>> store_notes(pg::connection& connection,
                                                 std::vector<std::shared_ptr<execution>> steps,
                                                 deadline until);

/// Whether the database may lack notes of some of them.
bool have_unstored_notes(std::vector<std::shared_ptr<execution>> const& steps);

} // namespace tasker::worker
