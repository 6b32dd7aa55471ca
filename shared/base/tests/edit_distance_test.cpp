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

TEST(Nearest, KnowsLongerAndShorterForms) {
    constexpr std::array<std::string_view, 4> units{"m", "ms", "timeout_seconds", "timeout_ms"};
    EXPECT_EQ(nearest("msec", units), "ms");
    EXPECT_EQ(nearest("milliseconds", units), std::nullopt); // one letter is no beginning
    EXPECT_EQ(nearest("timeout", units), "timeout_ms");
    EXPECT_EQ(nearest("timeout_s", units), "timeout_ms"); // edits come first
    EXPECT_EQ(nearest("desc", keys), "description");
    EXPECT_EQ(nearest("name_of_the_step", keys), "name");
    constexpr std::array<std::string_view, 3> paths{"http", "http.port", "grpc.keep_alive_ms"};
    EXPECT_EQ(nearest("http.keep_alive", paths), std::nullopt);
    EXPECT_EQ(nearest("grpc.keep_alive", paths), "grpc.keep_alive_ms");
}

TEST(Nearest, TakesTheFirstOfEquals) {
    constexpr std::array<std::string_view, 2> equals{"cart", "card"};
    EXPECT_EQ(nearest("car", equals), "cart");
}

} // namespace
} // namespace tasker
