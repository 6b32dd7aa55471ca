#include "tasker/wire/diagnosis.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

TEST(Diagnosis, IsReadBackAsItIsWritten) {
    diagnosis const shown{{{"error", "timers", "a timer is overdue", "Start \"it\""},
                           {"info", "worker w", "it drains", "Stop it"}}};
    std::string text;
    append(text, shown);
    EXPECT_EQ(text, R"({"findings":[{"severity":"error","subject":"timers",)"
                    R"("sentence":"a timer is overdue","hint":"Start \"it\""},)"
                    R"({"severity":"info","subject":"worker w","sentence":"it drains",)"
                    R"("hint":"Stop it"}]})");
    EXPECT_EQ(read_diagnosis(text).value(), shown);
    EXPECT_EQ(read_diagnosis(R"({"findings": [{}]})").error().code, errc::invalid_argument);
}

} // namespace
} // namespace tasker::wire
