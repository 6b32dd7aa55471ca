#include "tasker/queue/names.hpp"

#include <gtest/gtest.h>

namespace tasker::queue {
namespace {

TEST(QueueName, HasANumberExceptForNormalPriority) {
    EXPECT_EQ(queue_name("default", priority::normal), "tasker_default");
    EXPECT_EQ(queue_name("a_b", priority::low), "tasker_a_b__p1");
    EXPECT_EQ(queue_name("default", priority::high), "tasker_default__p3");
    EXPECT_EQ(queue_name("default", priority::urgent), "tasker_default__p4");
}

} // namespace
} // namespace tasker::queue
