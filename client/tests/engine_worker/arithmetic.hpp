#pragma once

#include "tasker/worker/worker.hpp"

namespace tasker::engine {

/// Handlers math.add, math.multiply and math.square. Their inputs are the parents' results, or, for
/// a step without parents, the number `n` of the context; `operand` is in the initialization. They
/// compute with whole numbers modulo 1,000,000,007.
///
///     math.add       sum of the inputs + operand
///     math.multiply  product of the inputs * operand
///     math.square    (sum of the inputs)²
void add_arithmetic(worker::worker& to);

} // namespace tasker::engine
