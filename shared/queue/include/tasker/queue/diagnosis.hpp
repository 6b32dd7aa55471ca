#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/diagnosis.hpp"

#include <boost/asio/awaitable.hpp>

namespace tasker::queue {

/// What is wrong in the database, or may be; the errors first.
boost::asio::awaitable<result<wire::diagnosis>> diagnose(pg::connection& connection,
                                                         deadline until);

} // namespace tasker::queue
