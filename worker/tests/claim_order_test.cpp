#include "claim_order.hpp"

#include <gmock/gmock.h>

namespace tasker::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A claim that finds all queues empty.
void find_nothing(claim_order& order) {
    auto const asked = order.begin();
    order.end(asked, false, "");
}

TEST(ClaimOrder, LooksIntoAllQueuesAtFirstByPriority) {
    claim_order order{{"a"}};
    EXPECT_TRUE(order.any());
    EXPECT_THAT(order.begin(),
                ElementsAre("tasker_a__p4", "tasker_a__p3", "tasker_a", "tasker_a__p1"));
}

TEST(ClaimOrder, QueueThatWasFoundEmptyIsLeftAloneUntilAnnounced) {
    claim_order order{{"a"}};
    find_nothing(order);
    EXPECT_FALSE(order.any());
    EXPECT_TRUE(order.announce("tasker_a__p1"));
    EXPECT_THAT(order.begin(), ElementsAre("tasker_a__p1"));
}

TEST(ClaimOrder, AnnouncementListsQueuesAndPassesOverStrangers) {
    claim_order order{{"a", "b"}};
    find_nothing(order);
    EXPECT_FALSE(order.announce("tasker_c,other"));
    EXPECT_FALSE(order.announce(""));
    EXPECT_TRUE(order.announce("tasker_c,tasker_b,tasker_a__p4"));
    EXPECT_THAT(order.begin(), ElementsAre("tasker_a__p4", "tasker_b"));
}

TEST(ClaimOrder, FullClaimLeavesItsLastQueueAndThoseBehindWorthALook) {
    claim_order order{{"a"}};
    auto const asked = order.begin();
    order.end(asked, true, "tasker_a");
    EXPECT_THAT(order.begin(), ElementsAre("tasker_a", "tasker_a__p1"));
}

TEST(ClaimOrder, AnnouncementDuringAClaimIsNotForgotten) {
    claim_order order{{"a"}};
    auto const asked = order.begin();
    order.announce("tasker_a__p3");
    order.end(asked, false, "");
    EXPECT_THAT(order.begin(), ElementsAre("tasker_a__p3"));
}

TEST(ClaimOrder, NamespacesTakeTurns) {
    claim_order order{{"a", "b"}};
    find_nothing(order);
    order.announce("tasker_a,tasker_b");
    auto const first = order.begin();
    order.announce("tasker_a,tasker_b");
    auto const second = order.begin();
    ASSERT_THAT(first, SizeIs(2));
    EXPECT_EQ(first.front(), second.back());
}

TEST(ClaimOrder, EveryEighthClaimBeginsWithTheLowestPriority) {
    claim_order order{{"a"}};
    for (std::uint64_t claim = 1; claim <= 2 * claim_order::ageing; ++claim) {
        order.announce_all();
        auto const asked = order.begin();
        EXPECT_EQ(asked.front(),
                  claim % claim_order::ageing == 0 ? "tasker_a__p1" : "tasker_a__p4");
    }
}

TEST(ClaimOrder, QueueIsOutrankedOnlyByHigherPriorityThatHasWork) {
    claim_order order{{"a", "b"}};
    find_nothing(order);
    EXPECT_FALSE(order.outranked("tasker_a"));
    order.announce("tasker_b");
    EXPECT_FALSE(order.outranked("tasker_a"));
    order.announce("tasker_b__p3");
    EXPECT_TRUE(order.outranked("tasker_a"));
    EXPECT_FALSE(order.outranked("tasker_a__p4"));
}

} // namespace
} // namespace tasker::worker
