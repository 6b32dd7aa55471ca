#pragma once

#include "tasker/worker/step_context.hpp"
#include "tasker/worker/step_result.hpp"

#include <functional>

namespace tasker::worker {

/// Runs a step. The threads of the worker's pool call it concurrently; it may block. It may run
/// more than once for a step (at-least-once delivery), so make its external effects idempotent, see
/// step_context::idempotency_key().
using handler = std::function<step_result(step_context const& step)>;

} // namespace tasker::worker
