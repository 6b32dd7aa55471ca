#include "tasker/measure/recorder.hpp"

#include <gtest/gtest.h>

namespace tasker::measure {
namespace {

TEST(Recorder, SamplesAreKeptByCaseAndRepetition) {
    recorder to;
    to.begin_repetition();
    to.add("a", 1);
    to.add("b", {2, 3});
    to.begin_repetition();
    to.add("a", 4);
    ASSERT_EQ(to.cases().size(), 2U);
    EXPECT_EQ(to.cases()[0].repetitions, (std::vector<std::vector<double>>{{1}, {4}}));
    EXPECT_EQ(to.cases()[1].repetitions, (std::vector<std::vector<double>>{{2, 3}}));
}

TEST(RecorderDeath, UnitOfACaseStays) {
    recorder to;
    to.begin_repetition();
    to.add("a", 1, "ms");
    EXPECT_DEATH(to.add("a", 1, "/s"), "");
}

} // namespace
} // namespace tasker::measure
