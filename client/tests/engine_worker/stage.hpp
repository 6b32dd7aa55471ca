#pragma once

#include "tasker/worker/worker.hpp"

namespace tasker::engine {

/// Handler stage.play: the test decides what it does, and when. It connects to the Unix
/// socket that TASKER_TEST_STAGE names, writes a line "task step delivery", and waits for one line:
///
///     {"result": value}  {"retry": "message"}  {"fail": "message"}  {"throw": "message"}
///
/// A cancelled step closes its connection.
void add_stage(worker::worker& to);

} // namespace tasker::engine
