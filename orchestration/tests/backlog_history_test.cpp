#include "backlog_history.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace tasker::orchestration {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int whole = static_cast<int>(backlog_history::samples_in_span * backlog_history::spans);

/// One namespace whose length at sample i is `length(i)`.
backlog_history filled(int samples, std::function<std::int64_t(int)> const& length) {
    backlog_history history;
    for (int i = 0; i < samples; ++i) {
        history.add({{.namespace_name = "default", .steps = length(i)}});
    }
    return history;
}

TEST(BacklogHistory, ReportsABacklogThatGrowsTheWholeTime) {
    auto const found = filled(whole + 3, [](int i) { return 50 + 10 * i; }).growing();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].namespace_name, "default");
    EXPECT_EQ(found[0].before, 50 + 10 * 3);
    EXPECT_EQ(found[0].now, 50 + 10 * (3 + 24));
}

TEST(BacklogHistory, ReportsNothingBeforeItCoversTheWholeTime) {
    EXPECT_THAT(filled(whole - 1, [](int i) { return 1'000 * i; }).growing(), IsEmpty());
}

TEST(BacklogHistory, ABurstThatIsBeingDrainedIsNotGrowth) {
    EXPECT_THAT(filled(whole, [](int i) { return 1'000'000 - 10 * i; }).growing(), IsEmpty());
    EXPECT_THAT(filled(whole, [](int i) { return i < 10 ? 0 : 1'000'000 - 10 * i; }).growing(),
                IsEmpty());
}

TEST(BacklogHistory, BurstsThatAreDrainedEachMinuteAreNotGrowth) {
    EXPECT_THAT(filled(whole, [](int i) { return i % 6 == 0 ? 0 : 1'000 * i; }).growing(),
                IsEmpty());
}

TEST(BacklogHistory, AFewStepsMoreAreNotGrowth) {
    EXPECT_THAT(filled(whole, [](int i) { return 4 * i; }).growing(), IsEmpty());
    EXPECT_THAT(filled(whole, [](int i) { return 5 * i; }).growing(), SizeIs(1));
}

TEST(BacklogHistory, ANamespaceWithoutWorkersIsForgotten) {
    auto history = filled(whole, [](int i) { return 1'000 * i; });
    history.add({});
    EXPECT_THAT(history.growing(), IsEmpty());
    history.add({{.namespace_name = "default", .steps = 1'000'000}});
    EXPECT_THAT(history.growing(), IsEmpty());
}

} // namespace
} // namespace tasker::orchestration
