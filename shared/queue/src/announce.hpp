#pragma once

#include "tasker/pg/statement.hpp"

namespace tasker::queue {

/// Sends what the calls before it on the same connection left to announce.
inline constexpr pg::statement announce{"tasker_flush_notifications",
                                        "select tasker.flush_notifications()"};

} // namespace tasker::queue
