#include "workflow.hpp"

#include <gmock/gmock.h>

namespace tasker::queue {
namespace {

using tasker::testing::soon;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Templates : public Workflow {
protected:
    static new_template one_step(std::string version, std::string hash = "hash") {
        return {.name_space = "shop",
                .name = "one",
                .version = std::move(version),
                .environment = "default",
                .hash = std::move(hash),
                .definition = R"({"name": "one"})",
                .steps = steps_of("{name: a, handler: {callable: h}}")};
    }

    result<register_reply> add(new_template wanted) {
        return run(register_template(connection_, std::move(wanted), soon()));
    }

    std::vector<wire::template_view> find(template_filter filter,
                                          definitions definitions = definitions::included,
                                          std::int32_t limit = 100) {
        return run(get_templates(connection_, std::move(filter), definitions, limit, soon()))
            .value();
    }
};

TEST_F(Templates, AreRegisteredOnceWhenTheyAreSentRepeatedly) {
    auto const first = add(one_step("1.0.0")).value();
    EXPECT_TRUE(first.created);
    auto const second = add(one_step("1.0.0")).value();
    EXPECT_FALSE(second.created);
    EXPECT_EQ(second.id, first.id);
}

TEST_F(Templates, WithOtherContentOrForAnotherEnvironmentAreRefused) {
    ASSERT_TRUE(add(one_step("1.0.0")));
    EXPECT_EQ(pg::sqlstate_of(add(one_step("1.0.0", "other")).error()), "TK003");
    auto elsewhere = one_step("1.0.0");
    elsewhere.environment = "staging";
    EXPECT_EQ(pg::sqlstate_of(add(elsewhere).error()), "TK006");
    EXPECT_TRUE(connection_.usable());
}

TEST_F(Templates, AreFoundByEachFilterAndPageByPage) {
    auto const one = add(one_step("1.0.0")).value().id;
    auto const two = add(one_step("2.0.0")).value().id;
    auto const all = find({.name_space = "shop"});
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].id, one);
    EXPECT_EQ(all[0].name_space, "shop");
    EXPECT_EQ(all[0].name, "one");
    EXPECT_EQ(all[0].version, "1.0.0");
    EXPECT_EQ(all[0].environment, "default");
    EXPECT_EQ(all[0].steps_total, 1);
    EXPECT_EQ(all[0].definition, R"({"name": "one"})");
    EXPECT_GT(all[0].created_at, timestamp{});
    EXPECT_EQ(find({.version = "2.0.0"}).at(0).id, two);
    EXPECT_THAT(find({.name = "other"}), IsEmpty());
    EXPECT_EQ(find({.after = one}).at(0).id, two);
    EXPECT_EQ(find({.name_space = "shop"}, definitions::left_out).at(0).definition, std::nullopt);
    EXPECT_THAT(find({}, definitions::left_out, 1), SizeIs(1));
}

} // namespace
} // namespace tasker::queue
