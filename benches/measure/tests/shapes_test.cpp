#include "tasker/measure/shapes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tasker::measure {
namespace {

TEST(Shapes, TemplateNamesParents) {
    auto const made = nlohmann::json::parse(named_shape("diamond4").template_json());
    EXPECT_EQ(made.at("steps").size(), 4U);
    EXPECT_EQ(made.at("steps").at(3).at("dependencies"), (nlohmann::json{"s1", "s2"}));
    EXPECT_FALSE(made.at("steps").at(0).contains("dependencies"));
}

TEST(Shapes, ContextHasAboutItsSize) {
    for (std::size_t const bytes : {100U, 1'000U, 100'000U}) {
        auto const text = context_of(bytes);
        EXPECT_LE(text.size(), bytes);
        EXPECT_GT(text.size() + 80, bytes);
        EXPECT_TRUE(nlohmann::json::accept(text));
    }
}

TEST(Shapes, BatchHoldsSoManyTasks) {
    auto const made = nlohmann::json::parse(named_shape("single").batch_json(3));
    EXPECT_EQ(made.at("tasks").size(), 3U);
    EXPECT_EQ(made.at("tasks").at(2).at("name"), "single");
}

} // namespace
} // namespace tasker::measure
