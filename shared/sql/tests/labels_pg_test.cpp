#include "explained_session.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Labels : public ::testing::Test {
protected:
    Labels() : template_id_{w_.register_template("one", "a")} {}

    std::string create(std::string const& labels, std::string const& context = "{}",
                       std::string const& key = "null") {
        return w_.db().value<std::string>(
            fmt::format("select tasker.create_task('default', 'one', null, '{}', p_key => {}, "
                        "p_labels => {})",
                        context, key, labels));
    }

    static std::string query(std::string const& state, std::string const& labels,
                             std::string const& context = "null, null", int limit = 50) {
        return fmt::format("select task_id::text from tasker.list_tasks(null, null, null, {}, "
                           "null, null, null, {}, p_labels => {}, p_context_pointer => "
                           "(array[{}])[1], p_context_value => (array[{}])[2])",
                           state, limit, labels, context, context);
    }

    std::vector<std::string> list(std::string const& labels,
                                  std::string const& context = "null, null",
                                  std::string const& state = "null", int limit = 50) {
        std::vector<std::string> found;
        for (auto const& row : w_.db().exec(query(state, labels, context, limit))) {
            found.push_back(row[0].as<std::string>());
        }
        return found;
    }

    /// Complete tasks with the label all:yes.
    void add_history(int tasks, std::string const& context = "{}") {
        w_.db().exec(fmt::format(
            "with added as (insert into tasker.tasks (task_id, template_id, state, priority, "
            "steps_active, steps_waiting, steps_failed, created_at, labels, context) "
            "select tasker.uuid_v7(), {}, 'complete', 2, 0, 0, 0, now(), '{{\"all\": \"yes\"}}', "
            "'{}' from generate_series(1, {}) returning task_id) "
            "insert into tasker.task_labels select 'all', 'yes', task_id from added",
            template_id_, context, tasks));
    }

    workflow_database w_;
    int template_id_;
};

TEST_F(Labels, AreShownWithTheTask) {
    auto const task = create(R"('{"team": "a", "tier": "gold"}')");
    auto const shown = fmt::format(
        "select coalesce(labels::text, '') from tasker.get_tasks(array['{}'::uuid])", task);
    EXPECT_EQ(w_.db().value<std::string>(shown), R"({"team": "a", "tier": "gold"})");
}

TEST_F(Labels, TaskWithoutLabelsHasNoRowOfThem) {
    auto const task = create("null");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.task_labels"), 0);
    EXPECT_TRUE(w_.db().value<bool>(
        fmt::format("select labels is null from tasker.get_tasks(array['{}'::uuid])", task)));
}

TEST_F(Labels, ListHasTheTasksWithAllOfTheLabels) {
    auto const both = create(R"('{"team": "a", "tier": "gold"}')");
    auto const team = create(R"('{"team": "a"}')");
    create(R"('{"team": "b", "tier": "gold"}')");
    create("null");
    EXPECT_THAT(list(R"('{"team": "a"}')"), ElementsAre(team, both));
    EXPECT_THAT(list(R"('{"team": "a", "tier": "gold"}')"), ElementsAre(both));
    EXPECT_THAT(list(R"('{"team": "c"}')"), IsEmpty());
}

TEST_F(Labels, ListByLabelAndState) {
    auto const open = create(R"('{"team": "a"}')");
    EXPECT_THAT(list(R"('{"team": "a"}')", "null, null", "'pending'"), ElementsAre(open));
    w_.db().exec(fmt::format("select from tasker.cancel_tasks(array['{}'::uuid])", open));
    EXPECT_THAT(list(R"('{"team": "a"}')", "null, null", "'pending'"), IsEmpty());
    EXPECT_THAT(list(R"('{"team": "a"}')", "null, null", "'cancelled'"), ElementsAre(open));
    EXPECT_THAT(list(R"('{"team": "b"}')", "null, null", "'cancelled'"), IsEmpty());
}

TEST_F(Labels, RarestLabelIsReadWhateverTheOrderOfTheFilter) {
    auto const rare = create(R"('{"all": "yes", "rare": "yes"}')");
    add_history(20'000);
    auto const by_both = query("null", R"('{"all": "yes", "rare": "yes"}')");
    EXPECT_THAT(list(R"('{"all": "yes", "rare": "yes"}')"), ElementsAre(rare));
    pages_of(w_.db().connection(), by_both); // its plans are cached then
    constexpr int few_pages = 1'000;         // one for each task of the history would be 20,000
    EXPECT_LT(pages_of(w_.db().connection(), by_both), few_pages);
}

TEST_F(Labels, HaveTheirLimitsInSqlToo) {
    auto const problem = [this](std::string const& labels) -> std::string {
        try {
            create("'" + labels + "'");
            return "";
        } catch (pqxx::sql_error const& refused) {
            EXPECT_EQ(refused.sqlstate(), "TK001");
            return refused.what();
        }
    };
    auto const many = [](int count) {
        std::string members;
        for (int i = 0; i < count; ++i) {
            members += fmt::format(R"({}"l{}": "x")", i == 0 ? "" : ", ", i);
        }
        return "{" + members + "}";
    };
    auto const one = [](std::string const& name, std::size_t bytes) {
        return fmt::format(R"({{"{}": "{}"}})", name, std::string(bytes, 'x'));
    };
    EXPECT_EQ(problem(many(16)), "");
    EXPECT_THAT(problem(many(17)), HasSubstr("labels: must have at most 16 labels, not 17"));
    EXPECT_EQ(problem(one(std::string(128, 'n'), 255)), "");
    EXPECT_THAT(problem(one("n", 256)), HasSubstr("labels.n: must be a string of 1 to 255 bytes"));
    EXPECT_THAT(problem(one("n", 0)), HasSubstr("labels.n: must be a string"));
    EXPECT_THAT(problem(R"({"n": 5})"), HasSubstr("labels.n: must be a string"));
    EXPECT_THAT(problem(one(std::string(129, 'n'), 1)), HasSubstr("the name must be 1 to 128"));
    EXPECT_THAT(problem(one("a b", 1)), HasSubstr("labels.a b: the name must be"));
    EXPECT_THAT(problem("[]"), HasSubstr("labels: must be an object, not []"));
}

TEST_F(Labels, NoneAtAllAreAsNoLabels) {
    auto const task = create("'{}'", "{}", "'k'");
    EXPECT_EQ(create("null", "{}", "'k'"), task);
    EXPECT_TRUE(w_.db().value<bool>("select labels is null from tasker.tasks"));
}

TEST_F(Labels, AreAPartOfTheRequestThatAKeyIsBoundTo) {
    auto const task = create(R"('{"team": "a"}')", "{}", "'k'");
    EXPECT_EQ(create(R"('{"team":"a"}')", "{}", "'k'"), task);
    for (auto const* const other : {R"('{"team": "b"}')", "null"}) {
        try {
            create(other, "{}", "'k'");
            ADD_FAILURE() << other;
        } catch (pqxx::sql_error const& refused) {
            EXPECT_EQ(refused.sqlstate(), "TK004");
        }
    }
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.task_labels"), 1);
}

TEST_F(Labels, ListByAValueOfTheContext) {
    auto const number = create("null", R"({"order": {"id": 42}})");
    auto const text = create("null", R"({"order": {"id": "42"}})");
    auto const item = create("null", R"({"a/b": [{"x~y": true}]})");
    create("null", R"({"order": {"id": 43}})");
    create("null", R"({"order": 42})");
    EXPECT_THAT(list("null", "'/order/id', '42'"), ElementsAre(text, number));
    EXPECT_THAT(list("null", "'/a~1b/0/x~0y', 'true'"), ElementsAre(item));
    EXPECT_THAT(list("null", "'/order/id', '4'"), IsEmpty());
}

TEST_F(Labels, ContextThatPostgresqlCannotTakeApartIsNotFound) {
    create("null", R"({"x": "\ud800", "id": 1})");
    auto const other = create("null", R"({"id": 1})");
    EXPECT_THAT(list("null", "'/id', '1'"), ElementsAre(other));
}

TEST_F(Labels, SearchInContextsReadsAtMostTenThousandTasks) {
    auto const wanted = create("null", R"({"id": 1})");
    add_history(9'999);
    EXPECT_THAT(list("null", "'/id', '1'"), ElementsAre(wanted));
    add_history(1);
    try {
        list("null", "'/id', '1'");
        ADD_FAILURE() << "it should be refused";
    } catch (pqxx::sql_error const& refused) {
        EXPECT_EQ(refused.sqlstate(), "TK001");
        EXPECT_THAT(refused.what(), HasSubstr("context: this would read more than 10000 tasks"));
    }
}

TEST_F(Labels, SearchInContextsThatFillsItsPageIsNotRefused) {
    add_history(10'001, R"({"id": 1})");
    EXPECT_EQ(list("null", "'/id', '1'", "null", 50).size(), 50U);
}

TEST_F(Labels, SearchInContextsOfOneLabelReadsOnlyItsTasks) {
    auto const wanted = create(R"('{"team": "a"}')", R"({"id": 1})");
    add_history(10'001);
    EXPECT_THAT(list(R"('{"team": "a"}')", "'/id', '1'"), ElementsAre(wanted));
}

} // namespace
} // namespace tasker::sql::testing
