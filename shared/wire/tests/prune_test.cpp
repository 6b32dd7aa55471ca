#include "tasker/wire/prune.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

TEST(PruneView, ReadsItsOwnJson) {
    prune_view const last{.tasks = 12, .next_cursor = {}};
    std::string out;
    append(out, last);
    EXPECT_EQ(out, R"({"tasks":12,"next_cursor":null})");
    EXPECT_EQ(read_prune_view(out).value(), last);
    prune_view const other{.tasks = 500, .next_cursor = "abc"};
    out.clear();
    append(out, other);
    EXPECT_EQ(read_prune_view(out).value(), other);
    EXPECT_TRUE(read_prune_view("{}").has_error());
}

TEST(EraseView, ReadsItsOwnJson) {
    erase_view const shown{.tasks = 3};
    std::string out;
    append(out, shown);
    EXPECT_EQ(out, R"({"tasks":3})");
    EXPECT_EQ(read_erase_view(out).value(), shown);
    EXPECT_TRUE(read_erase_view("{}").has_error());
}

} // namespace
} // namespace tasker::wire
