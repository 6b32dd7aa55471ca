#include "problem_texts.hpp"
#include "step_checks.hpp"

#include "tasker/model/compiled_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;

/// A template of `steps` steps; `parents(i)` writes the parents of step i, separated by commas.
std::string document(int steps, std::function<std::string(int)> const& parents) {
    std::string out = "{\"name\":\"t\",\"version\":\"1.0.0\",\"steps\":[";
    for (int i = 0; i < steps; ++i) {
        out += (i == 0 ? "" : ",\n") + std::string{"{\"name\":\"s"} + std::to_string(i) +
               "\",\"handler\":{\"callable\":\"x\"},\"dependencies\":[" + parents(i) + "]}";
    }
    return out + "]}";
}

std::string step(int i) {
    return "\"s" + std::to_string(i) + "\"";
}

std::string none(int /*step*/) {
    return {};
}

TEST(TemplateLimits, AcceptAChainOfTenThousandSteps) {
    auto const t = parse_template_json(
        document(10'000, [](int i) { return i == 0 ? std::string{} : step(i - 1); }));
    ASSERT_EQ(problems_of(t), std::vector<std::string>{});
    auto const compiled = compile(*t, "");
    EXPECT_EQ(compiled.steps.back().source.name, "s9999");
    EXPECT_THAT(compiled.steps.back().parents, ElementsAre(9'998));
}

TEST(TemplateLimits, RefuseOneMoreStep) {
    EXPECT_THAT(problems_of_json(document(10'001, none)),
                ElementsAre("line 1: steps: must have 1 to 10000 steps, not 10001"));
}

TEST(TemplateLimits, AcceptThousandsOfParentsAndChildrenOfOneStep) {
    constexpr int width = 2'000;
    auto const t = parse_template_json(document(width + 2, [](int i) {
        std::string parents;
        for (int parent = 1; i == width + 1 && parent <= width; ++parent) {
            parents += (parent == 1 ? "" : ",") + step(parent);
        }
        return i == 0 || i == width + 1 ? parents : step(0);
    }));
    ASSERT_EQ(problems_of(t), std::vector<std::string>{});
    auto const compiled = compile(*t, "");
    EXPECT_EQ(compiled.steps.front().children.size(), width);
    EXPECT_EQ(compiled.steps.back().parents.size(), width);
}

TEST(TemplateLimits, RefuseMoreThanAMillionEdges) {
    // Not as a document: it would be 14 MB long.
    std::vector<step_template> steps(1'001);
    std::vector<given_step> given(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        steps[i].name = "s" + std::to_string(i);
        steps[i].dependencies.emplace(1'000, "s0");
        given[i].dependencies.resize(1'000);
    }
    problem_list problems;
    class document const none_read;
    check_steps({none_read, problems}, steps, given);
    EXPECT_THAT(std::move(problems).finish(),
                ElementsAre(located_problem{
                    .path = "steps",
                    .problem = "must have at most 1000000 dependencies in total, not 1001000"}));
}

TEST(TemplateLimits, NameOnlyAPartOfACycleOfTenThousandSteps) {
    auto const problems =
        problems_of_json(document(10'000, [](int i) { return step((i + 9'999) % 10'000); }));
    ASSERT_EQ(problems.size(), 1);
    EXPECT_THAT(problems[0], ::testing::StartsWith(
                                 "line 1: steps[0].dependencies: form a cycle: s0 -> s1 -> s2"));
    EXPECT_THAT(problems[0], ::testing::EndsWith("s19 -> (9980 more) -> s0"));
}

} // namespace
} // namespace tasker::model
