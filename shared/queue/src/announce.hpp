#pragma once

#include "tasker/pg/statement.hpp"

namespace tasker::queue {

/// Sends the pending notifications of earlier calls on the same connection.
inline constexpr pg::statement announce{"tasker_flush_notifications",
                                        "select tasker.flush_notifications()"};

} // namespace tasker::queue
