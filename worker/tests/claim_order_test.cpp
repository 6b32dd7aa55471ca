#include "claim_order.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tasker::worker {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// A claim that finds all queues empty.
void find_nothing(claim_order& order) {
    auto const asked = order.start_claim();
    order.finish_claim(asked, false, "");
}

TEST(ClaimOrder, FirstClaimReadsAllQueuesByPriority) {
    claim_order order{{"a"}};
    EXPECT_TRUE(order.any());
    EXPECT_THAT(order.start_claim(),
                ElementsAre("tasker_a__p4", "tasker_a__p3", "tasker_a", "tasker_a__p1"));
}

TEST(ClaimOrder, EmptyQueueIsSkippedUntilItIsAnnounced) {
    claim_order order{{"a"}};
    find_nothing(order);
    EXPECT_FALSE(order.any());
    EXPECT_TRUE(order.announce("tasker_a__p1"));
    EXPECT_THAT(order.start_claim(), ElementsAre("tasker_a__p1"));
}

TEST(ClaimOrder, AnnouncementListsQueuesAndIgnoresUnknownOnes) {
    claim_order order{{"a", "b"}};
    find_nothing(order);
    EXPECT_FALSE(order.announce("tasker_c,other"));
    EXPECT_FALSE(order.announce(""));
    EXPECT_TRUE(order.announce("tasker_c,tasker_b,tasker_a__p4"));
    EXPECT_THAT(order.start_claim(), ElementsAre("tasker_a__p4", "tasker_b"));
}

TEST(ClaimOrder, FullClaimKeepsItsLastQueueAndLaterOnesForTheNextClaim) {
    claim_order order{{"a"}};
    auto const asked = order.start_claim();
    order.finish_claim(asked, true, "tasker_a");
    EXPECT_THAT(order.start_claim(), ElementsAre("tasker_a", "tasker_a__p1"));
}

TEST(ClaimOrder, AnnouncementDuringAClaimIsNotForgotten) {
    claim_order order{{"a"}};
    auto const asked = order.start_claim();
    order.announce("tasker_a__p3");
    order.finish_claim(asked, false, "");
    EXPECT_THAT(order.start_claim(), ElementsAre("tasker_a__p3"));
}

TEST(ClaimOrder, NamespacesTakeTurns) {
    claim_order order{{"a", "b"}};
    find_nothing(order);
    order.announce("tasker_a,tasker_b");
    auto const first = order.start_claim();
    order.announce("tasker_a,tasker_b");
    auto const second = order.start_claim();
    ASSERT_THAT(first, SizeIs(2));
    EXPECT_EQ(first.front(), second.back());
}

TEST(ClaimOrder, EveryEighthClaimBeginsWithALowerPriorityInTurn) {
    claim_order order{{"a"}};
    std::map<std::string, int> claims_by_first;
    for (std::uint64_t claim = 1; claim <= 6 * claim_order::ageing; ++claim) {
        order.announce_all();
        auto const asked = order.start_claim();
        EXPECT_THAT(asked, SizeIs(4));
        EXPECT_EQ(asked.front() == "tasker_a__p4", claim % claim_order::ageing != 0);
        ++claims_by_first[asked.front()];
    }
    EXPECT_THAT(claims_by_first,
                UnorderedElementsAre(Pair("tasker_a__p1", 2), Pair("tasker_a", 2),
                                     Pair("tasker_a__p3", 2), Pair("tasker_a__p4", 42)));
}

TEST(ClaimOrder, AgedClaimReadsUrgentQueuesLast) {
    claim_order order{{"a"}};
    std::vector<std::vector<std::string>> aged;
    for (std::uint64_t claim = 1; claim <= 3 * claim_order::ageing; ++claim) {
        order.announce_all();
        auto asked = order.start_claim();
        if (claim % claim_order::ageing == 0) {
            aged.push_back(std::move(asked));
        }
    }
    EXPECT_THAT(aged, UnorderedElementsAre(
                          ElementsAre("tasker_a__p3", "tasker_a", "tasker_a__p1", "tasker_a__p4"),
                          ElementsAre("tasker_a", "tasker_a__p1", "tasker_a__p3", "tasker_a__p4"),
                          ElementsAre("tasker_a__p1", "tasker_a__p3", "tasker_a", "tasker_a__p4")));
}

/// How many of `claims` claims start with each queue while all queues have work.
std::map<std::string, std::uint64_t> count_first_queues(std::vector<std::string> const& name_spaces,
                                                        std::uint64_t claims) {
    claim_order order{name_spaces};
    std::map<std::string, std::uint64_t> counts;
    for (std::uint64_t claim = 0; claim < claims; ++claim) {
        order.announce_all();
        ++counts[order.start_claim().front()];
    }
    return counts;
}

TEST(ClaimOrder, EachQueueOfEachNamespaceIsFirstInItsShareOfClaims) {
    std::vector<std::string> name_spaces;
    for (auto const* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
        name_spaces.emplace_back(name);
        auto const rounds = 3 * name_spaces.size();
        auto const counts = count_first_queues(name_spaces, rounds * claim_order::ageing);
        EXPECT_THAT(counts, SizeIs(4 * name_spaces.size()));
        for (auto const& [queue, claims] : counts) {
            EXPECT_EQ(claims, queue.ends_with("__p4") ? 3 * (claim_order::ageing - 1) : 1U)
                << queue << " of " << name_spaces.size() << " namespaces";
        }
    }
}

TEST(ClaimOrder, QueueIsOutrankedOnlyByHigherPriorityThatHasWork) {
    claim_order order{{"a", "b"}};
    find_nothing(order);
    EXPECT_FALSE(order.has_higher_priority_work("tasker_a"));
    order.announce("tasker_b");
    EXPECT_FALSE(order.has_higher_priority_work("tasker_a"));
    order.announce("tasker_b__p3");
    EXPECT_TRUE(order.has_higher_priority_work("tasker_a"));
    EXPECT_FALSE(order.has_higher_priority_work("tasker_a__p4"));
}

} // namespace
} // namespace tasker::worker
