#include "tasker/base/edit_distance.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tasker {
namespace {

constexpr std::array<std::string_view, 4> keys{"dependencies", "description", "handler", "name"};

TEST(EditDistance, CountsEditsAndSwapsOfNeighbours) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("hanlder", "handler"), 1U);
}

TEST(Nearest, FindsTheWordThatWasMeant) {
    EXPECT_EQ(nearest("dependancies", keys), "dependencies");
    EXPECT_EQ(nearest("hanlder", keys), "handler");
    EXPECT_EQ(nearest("nam", keys), "name");
    EXPECT_EQ(nearest("name", keys), "name");
}

TEST(Nearest, SuggestsNothingFarFetched) {
    EXPECT_EQ(nearest("timeout", keys), std::nullopt);
    EXPECT_EQ(nearest("", keys), std::nullopt);
    EXPECT_EQ(nearest("name", {}), std::nullopt);
}

TEST(Nearest, TakesTheFirstOfEquals) {
    constexpr std::array<std::string_view, 2> equals{"cart", "card"};
    EXPECT_EQ(nearest("car", equals), "cart");
}

} // namespace
} // namespace tasker
