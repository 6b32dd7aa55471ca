#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tasker::sql::testing {
namespace {

constexpr auto two_tasks =
    "select ordinal, coalesce(task_id::text, '') as task_id, outcome from "
    "tasker.create_tasks('{{{0}, {1}}}', '{{{2},{2}}}', '{{2,2}}', array['{3}', '{4}'], "
    "array[{5}, {6}], {7})";
constexpr auto first = "01900000-0000-7000-8000-000000000001";
constexpr auto second = "01900000-0000-7000-8000-000000000002";
constexpr auto third = "01900000-0000-7000-8000-000000000003";

std::string sqlstate_of(tasker::testing::test_database& db, std::string const& query) {
    try {
        db.exec(query);
    } catch (pqxx::sql_error const& error) {
        return error.sqlstate();
    }
    return "";
}

TEST(CreateTasks, EnqueuesOneMessageForEachRootAndNoneForOtherSteps) {
    workflow_database w;
    auto const id = w.register_template("two_roots", "a; b; c<a,b");
    auto const task = w.create(id);
    EXPECT_EQ(w.messages(), 2);
    EXPECT_EQ(w.task_state(task), "pending");
    EXPECT_EQ(w.step_state(task, "a"), "enqueued");
    EXPECT_EQ(w.step_state(task, "b"), "enqueued");
    EXPECT_EQ(w.step_state(task, "c"), "pending");
}

TEST(CreateTasks, SendsEachPriorityToItsOwnQueue) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    w.create(id, "{}", 1);
    w.create(id, "{}", 2);
    w.create(id, "{}", 2);
    w.create(id, "{}", 4);
    EXPECT_EQ(w.messages("tasker_default__p1"), 1);
    EXPECT_EQ(w.messages("tasker_default"), 2);
    EXPECT_EQ(w.messages("tasker_default__p3"), 0);
    EXPECT_EQ(w.messages("tasker_default__p4"), 1);
}

TEST(CreateTasks, AFilledContextIsStoredAndTheKeyIsBoundToTheOther) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const create = [&](std::string const& task, std::string const& context,
                            std::string const& filled) {
        return w.db().value<std::string>(
            fmt::format("select string_agg(outcome, ' ' order by ordinal) from tasker.create_tasks("
                        "array['{}'::uuid], '{{{}}}', '{{2}}', array['{}'], '{{k}}', false, "
                        "array[null], p_filled => array['{}'])",
                        task, id, context, filled));
    };
    EXPECT_EQ(create(first, R"({"n": 1})", R"({"n": 1, "unit": "EUR"})"), "created");
    EXPECT_EQ(create(second, R"({"n": 1})", R"({"n": 1, "unit": "USD"})"), "created existing");
    EXPECT_EQ(create(third, R"({"n": 2})", R"({"n": 1, "unit": "EUR"})"), "created conflict");
    EXPECT_EQ(w.db().value<std::string>("select string_agg(context::text, ' ') from tasker.tasks"),
              R"({"n": 1, "unit": "EUR"})");
}

TEST(CreateTasks, SendingTheSameBatchAgainChangesNothing) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const batch =
        fmt::format(two_tasks, first, second, id, "{}", "{}", "null", "null", "true");
    EXPECT_EQ(w.db().exec(batch).size(), 1U);
    EXPECT_EQ(w.db().exec(batch).size(), 1U);
    EXPECT_EQ(w.messages(), 2);
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.tasks"), 2);
}

TEST(CreateTasks, SendingTheSameKeyedBatchAgainChangesNothing) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const batch =
        fmt::format(two_tasks, first, second, id, "{}", "{}", "'k1'", "'k2'", "true");
    EXPECT_EQ(w.db().exec(batch).size(), 1U);
    EXPECT_EQ(w.db().exec(batch).size(), 1U);
    EXPECT_EQ(w.messages(), 2);
}

TEST(CreateTasks, TheSameKeyAndBodyIsTheSameTask) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    w.db().exec(
        fmt::format(two_tasks, first, second, id, R"({"n": 1})", "{}", "'k1'", "null", "false"));
    auto const rows = w.db().exec(
        fmt::format(two_tasks, third, second, id, R"({"n":1})", "{}", "'k1'", "null", "false"));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0]["outcome"].as<std::string>(), "created");
    EXPECT_EQ(rows[1]["ordinal"].as<int>(), 1);
    EXPECT_EQ(rows[1]["outcome"].as<std::string>(), "existing");
    EXPECT_EQ(rows[1]["task_id"].as<std::string>(), first);
}

TEST(CreateTasks, ADuplicateKeyInsideOneBatchIsTheSameTask) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const rows =
        w.db().exec(fmt::format(two_tasks, first, second, id, "{}", "{}", "'k1'", "'k1'", "false"));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1]["ordinal"].as<int>(), 2);
    EXPECT_EQ(rows[1]["task_id"].as<std::string>(), first);
    EXPECT_EQ(w.messages(), 1);
}

TEST(CreateTasks, TheSameKeyWithAnotherBodyIsAConflictAndCreatesNothing) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    w.db().exec(
        fmt::format(two_tasks, first, second, id, R"({"n":1})", "{}", "'k1'", "null", "false"));
    auto const again = [&](auto const* atomic) {
        return fmt::format(two_tasks, third, "01900000-0000-7000-8000-000000000004", id,
                           R"({"n":2})", "{}", "'k1'", "null", atomic);
    };
    EXPECT_EQ(sqlstate_of(w.db(), again("true")), "TK004");
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.tasks"), 2);

    auto const rows = w.db().exec(again("false"));
    EXPECT_EQ(rows[1]["outcome"].as<std::string>(), "conflict");
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.tasks"), 3)
        << "the other one is created";
}

TEST(CreateTasks, AnUnknownTemplateIsRefusedByName) {
    workflow_database w;
    EXPECT_EQ(sqlstate_of(w.db(), fmt::format(two_tasks, first, second, 99, "{}", "{}", "null",
                                              "null", "true")),
              "TK002");
    EXPECT_EQ(sqlstate_of(w.db(), "select tasker.create_task('default', 'nothing')"), "TK002");
}

TEST(CreateTask, ExistsOnlyIfTheCallersTransactionCommits) {
    workflow_database w;
    w.register_template("one", "a");
    {
        pqxx::work t(w.db().connection());
        t.exec("select tasker.create_task('default', 'one')");
        t.abort();
    }
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.tasks"), 0);
    EXPECT_EQ(w.messages(), 0);
    w.db().exec("select tasker.create_task('default', 'one', p_key => 'k')");
    w.db().exec("select tasker.create_task('default', 'one', p_key => 'k')");
    EXPECT_EQ(w.messages(), 1);
}

TEST(CreateTask, UsesTheHighestVersionByDefault) {
    workflow_database w;
    for (auto const* version : {"1.9.0", "1.10.0", "1.2.0"}) {
        w.register_template("one", "a");
        w.db().exec(fmt::format(
            "update tasker.templates set version = '{}' where version = '1.0.0'", version));
    }
    w.db().exec("select tasker.create_task('default', 'one')");
    EXPECT_EQ(w.db().value<std::string>(
                  "select version from tasker.tasks join tasker.templates using (template_id)"),
              "1.10.0");
}

TEST(CreateTask, AKeyReturnsItsTaskAfterAHigherVersionIsRegistered) {
    workflow_database w;
    w.register_template("one", "a");
    auto const create = [&](std::string const& version) {
        return w.db().value<std::string>("select tasker.create_task('default', 'one', " + version +
                                         ", p_key => 'k')");
    };
    auto const task = create("null");
    w.db().exec("update tasker.templates set version = '0.9.0'");
    w.register_template("one", "a");
    EXPECT_EQ(create("null"), task) << "the same request, although another version would be taken";
    EXPECT_THROW(create("'0.9.0'"), pqxx::sql_error) << "another request, although of that version";
}

TEST(CreateTask, RefusesATemplateWhoseContextItCannotCheck) {
    workflow_database w;
    w.register_template("one", "a");
    w.db().exec("update tasker.templates set has_input_schema = true");
    EXPECT_EQ(sqlstate_of(w.db(), "select tasker.create_task('default', 'one')"), "TK001");
    w.db().exec("select tasker.create_task('default', 'one', p_context_validated => true)");
    EXPECT_EQ(w.messages(), 1);
}

TEST(RegisterTemplate, TheSameContentIsAcceptedAndOtherContentRefused) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    EXPECT_EQ(w.register_template("one", "a"), id);
    EXPECT_EQ(
        sqlstate_of(w.db(),
                    "select * from tasker.register_template('default', 'one', '1.0.0', 'default', "
                    "'other', '{}', '[{\"step_no\":0,\"parents\":[],\"children\":[]}]')"),
        "TK003");
    EXPECT_EQ(
        sqlstate_of(w.db(),
                    "select * from tasker.register_template('default', 'one', '1.0.0', 'staging', "
                    "'hash', '{}', '[{\"step_no\":0,\"parents\":[],\"children\":[]}]')"),
        "TK006");
}

TEST(EnsureNamespace, RefusesANameThatIsInvalidForAQueue) {
    workflow_database w;
    for (auto const* bad : {"Default", "a__b", "a_", "1a", "", "a-b",
                            "abcdefghijklmnopqrstuvwxyzabcdefg", "a_domain_events"}) {
        EXPECT_EQ(sqlstate_of(w.db(), fmt::format("select tasker.ensure_namespace('{}')", bad)),
                  "TK001")
            << bad;
    }
    w.db().exec("select tasker.ensure_namespace('a_b2'), tasker.ensure_namespace('a_b2')");
    EXPECT_EQ(w.messages("tasker_a_b2"), 0);
}

} // namespace
} // namespace tasker::sql::testing
