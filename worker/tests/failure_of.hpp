#pragma once

#include "tasker/worker/step_result.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {

/// The failure that the handler must have returned.
inline step_failure failure_of(step_result const& result) {
    EXPECT_FALSE(result.is_success());
    return result.is_success() ? step_failure{"", "", false, {}} : *result.failure();
}

} // namespace tasker::worker
