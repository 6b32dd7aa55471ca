#include "tasker/model/names.hpp"

#include <gtest/gtest.h>

namespace tasker::model {
namespace {

TEST(Names, ConsistOfLettersDigitsAndThreeSigns) {
    for (auto const* good : {"a", "A1", "0", "order.validate", "a_b-c.d"}) {
        EXPECT_EQ(name_problem(good), std::nullopt) << good;
    }
    EXPECT_EQ(name_problem(std::string(128, 'a')), std::nullopt);
    for (auto const* bad : {"", ".a", "_a", "-a", "a b", "a/b", "\xc3\xa9", "a\n"}) {
        EXPECT_EQ(name_problem(bad),
                  "must be 1 to 128 letters, digits, '_', '-' or '.', a letter or digit first")
            << bad;
    }
    EXPECT_NE(name_problem(std::string(129, 'a')), std::nullopt);
}

TEST(Names, OfNamespacesAreValidInQueueNames) {
    for (auto const* good : {"a", "default", "a_b_1"}) {
        EXPECT_EQ(namespace_problem(good), std::nullopt) << good;
    }
    EXPECT_EQ(namespace_problem(std::string(32, 'a')), std::nullopt);
    for (auto const* bad : {"", "A", "1a", "_a", "a_", "a__b", "a-b", "a.b"}) {
        EXPECT_EQ(namespace_problem(bad),
                  "must be 1 to 32 of a-z, 0-9 and single '_', a letter first and no '_' last")
            << bad;
    }
    EXPECT_NE(namespace_problem(std::string(33, 'a')), std::nullopt);
}

TEST(Names, OfVersionsConsistOfThreeNumbers) {
    for (auto const* good : {"0.0.0", "1.20.3", "999999999.0.10"}) {
        EXPECT_EQ(version_problem(good), std::nullopt) << good;
    }
    for (auto const* bad : {"", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-rc1", "v1.0.0", "1..0",
                            "1000000000.0.0", "1.0.0 ", "1.-1.0"}) {
        EXPECT_EQ(version_problem(bad),
                  "must be three numbers such as 1.20.3, without leading zeros")
            << bad;
    }
}

} // namespace
} // namespace tasker::model
