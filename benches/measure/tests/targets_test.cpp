#include "tasker/measure/targets.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tasker::measure {
namespace {

class Targets : public testing::Test {
protected:
    ~Targets() override {
        std::filesystem::remove(file_);
    }

    target_table load(std::string const& text) const {
        std::ofstream{file_} << text;
        return target_table::load(file_, "suite");
    }

    std::filesystem::path file_ =
        std::filesystem::temp_directory_path() /
        (std::string{testing::UnitTest::GetInstance()->current_test_info()->name()} + ".toml");
};

TEST_F(Targets, BoundsAreRead) {
    auto const ceiling = parse_target("p99 < 50");
    EXPECT_EQ(ceiling.statistic, "p99");
    EXPECT_EQ(ceiling.bound, 50);
    EXPECT_EQ(ceiling.bar, target::level::required);
    EXPECT_TRUE(ceiling.is_met_by(49));
    EXPECT_FALSE(ceiling.is_met_by(50));
    auto const floor = parse_target("own: mean >= 2.5");
    EXPECT_EQ(floor.bar, target::level::own);
    EXPECT_TRUE(floor.is_met_by(2.5));
    EXPECT_FALSE(floor.is_met_by(2.4));
}

TEST_F(Targets, RatioIsHowManyTimesBetter) {
    EXPECT_DOUBLE_EQ(parse_target("p50 < 30").ratio(10).value(), 3);
    EXPECT_DOUBLE_EQ(parse_target("p50 >= 100").ratio(250).value(), 2.5);
}

TEST_F(Targets, NonsenseIsRefused) {
    for (auto const* text : {"", "p99", "p98 < 5", "p99 > 5", "p99 < five", "p99 <", "< 5"}) {
        EXPECT_THROW(parse_target(text), std::invalid_argument) << text;
    }
}

TEST_F(Targets, StarStandsForAnything) {
    EXPECT_TRUE(fits("claim, *tasks", "claim, 10 K tasks"));
    EXPECT_TRUE(fits("*", ""));
    EXPECT_TRUE(fits("a*b*c", "a-b-b-c"));
    EXPECT_FALSE(fits("a*b", "a-b-c"));
    EXPECT_FALSE(fits("a", "ab"));
}

TEST_F(Targets, ExactNameGoesBeforePatternAndLongerBeforeShorter) {
    auto const table =
        load("[suite]\n\"*\" = \"p50 < 1\"\n\"a*\" = \"p50 < 2\"\n\"ab\" = [\"p50 < 3\", "
             "\"own: p50 < 4\"]\n");
    EXPECT_EQ(table.find("ab").front().bound, 3);
    EXPECT_EQ(table.find("ab").size(), 2U);
    EXPECT_EQ(table.find("ax").front().bound, 2);
    EXPECT_EQ(table.find("x").front().bound, 1);
}

TEST_F(Targets, EntryThatNothingFitsIsTold) {
    auto const table =
        load("[suite]\n\"a*\" = \"p50 < 1\"\nb = \"p50 < 2\"\n[other]\nc = \"p50 < 3\"\n");
    EXPECT_EQ(table.unused({"ab"}), std::vector<std::string>{"b"});
    EXPECT_TRUE(table.find("c").empty());
}

TEST_F(Targets, WrongFileIsRefusedByName) {
    EXPECT_THROW(load("[suite]\na = 3\n"), std::runtime_error);
    EXPECT_THROW(target_table::load("/nowhere.toml", "suite"), std::runtime_error);
}

} // namespace
} // namespace tasker::measure
