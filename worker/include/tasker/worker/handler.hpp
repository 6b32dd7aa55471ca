#pragma once

#include "tasker/worker/step_context.hpp"
#include "tasker/worker/step_result.hpp"

#include <functional>

namespace tasker::worker {

/// Runs a step. Called on a thread of the worker's pool, on several at once; it may block. It may
/// run more than once for a step (at-least-once delivery): its effects elsewhere should be
/// idempotent, see step_context::idempotency_key().
using handler = std::function<step_result(step_context const& step)>;

} // namespace tasker::worker
