#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <pqxx/pqxx>

namespace tasker::sql::testing {
namespace {

using ::testing::HasSubstr;

/// Workers beside the one that workflow_database registers.
class Workers : public ::testing::Test {
protected:
    Workers() {
        id_ = add("w", 1);
    }

    int add(std::string const& name, int instance) {
        return w_.db().value<int>(
            fmt::format("select tasker.register_worker('{}', '{{default,shop}}', 4, '{{a,b}}', "
                        "'1.0.0', {})",
                        name, instance));
    }

    std::string renew(int instance = 1) {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(tasker.renew_last_seen({}, {}), '')", id_, instance));
    }

    void command(std::string const& what) {
        w_.db().exec("select tasker.command_worker('w', '" + what + "')");
    }

    std::string refusal(std::string const& statement) {
        try {
            w_.db().exec(statement);
        } catch (pqxx::sql_error const& refused) {
            return refused.sqlstate() + ": " + refused.what();
        }
        return "";
    }

    std::string shown(std::string const& column) {
        return w_.db().value<std::string>("select coalesce((select " + column +
                                          "::text from tasker.list_workers(null, 'w', null, 0, 1)"
                                          "), '')");
    }

    int prune(int limit = 100) {
        return w_.db().value<int>(fmt::format("select tasker.prune_workers(1, {})", limit));
    }

    void one_step() {
        task_ = w_.create(w_.register_template("t", "s"));
        ASSERT_EQ(w_.claim(1, 30, id_).size(), 1U);
    }

    workflow_database w_;
    std::string task_;
    int id_ = 0;
};

TEST_F(Workers, ServeUntilTheyAreAskedToDrain) {
    EXPECT_EQ(shown("state"), "serving");
    EXPECT_EQ(renew(), "");
    command("drain");
    EXPECT_EQ(shown("state"), "draining");
    EXPECT_EQ(renew(), "drain");
    command("stop");
    EXPECT_EQ(shown("state"), "draining");
    EXPECT_EQ(shown("command"), "stop");
    command("drain");
    EXPECT_EQ(renew(), "stop");
}

TEST_F(Workers, AreGoneAMinuteAfterTheyWereSeen) {
    w_.move_clock("59 seconds");
    EXPECT_EQ(shown("state"), "serving");
    w_.move_clock("61 seconds");
    EXPECT_EQ(shown("state"), "gone");
    EXPECT_THAT(refusal("select tasker.command_worker('w', 'stop')"),
                HasSubstr("TK008: ERROR:  worker \"w\" is gone: it was last seen at 20"));
    renew();
    EXPECT_EQ(shown("state"), "serving");
}

TEST_F(Workers, AreGoneAtOnceWhenTheyEnd) {
    w_.db().exec(fmt::format("select tasker.end_worker({}, 2)", id_));
    EXPECT_EQ(shown("state"), "serving");
    w_.db().exec(fmt::format("select tasker.end_worker({}, 1)", id_));
    EXPECT_EQ(shown("state"), "gone");
    EXPECT_THAT(refusal("select tasker.command_worker('w', 'drain')"),
                HasSubstr("TK008: ERROR:  worker \"w\" is gone: it ended at 20"));
}

TEST_F(Workers, ThatRegisterAgainServeAgain) {
    command("stop");
    w_.db().exec(fmt::format("select tasker.end_worker({}, 1)", id_));
    EXPECT_EQ(add("w", 2), id_);
    EXPECT_EQ(shown("state"), "serving");
    EXPECT_EQ(shown("command"), "");
    EXPECT_EQ(renew(2), "");
    EXPECT_EQ(renew(1), "replaced");
}

TEST_F(Workers, CommandsAreChecked) {
    EXPECT_THAT(refusal("select tasker.command_worker('nobody', 'stop')"),
                HasSubstr("TK002: ERROR:  there is no worker \"nobody\""));
    EXPECT_THAT(refusal("select tasker.command_worker('w', 'dance')"),
                HasSubstr("TK001: ERROR:  command: must be drain or stop, not dance"));
    EXPECT_THAT(refusal("select tasker.command_worker('w', null)"), HasSubstr("not null"));
    EXPECT_THAT(refusal("select tasker.register_worker('x', '{default}', 0)"),
                HasSubstr("TK001: ERROR:  slots: must be 1 or more, not 0"));
}

TEST_F(Workers, AreListedByNamespaceAndState) {
    auto const names = [this](std::string const& filters) {
        return w_.db().value<std::string>(
            "select coalesce(string_agg(name, ' ' order by worker_id), '') "
            "from tasker.list_workers(" +
            filters + ", 0, 10)");
    };
    EXPECT_EQ(names("null, null, null"), "test-worker w");
    EXPECT_EQ(names("'shop', null, null"), "w");
    command("drain");
    EXPECT_EQ(names("null, null, 'serving'"), "test-worker");
    EXPECT_EQ(names("'default', null, 'draining'"), "w");
    EXPECT_EQ(names("null, null, 'gone'"), "");
}

TEST_F(Workers, ShowTheirStepsInProgress) {
    one_step();
    EXPECT_EQ(shown("steps_in_progress"), "1");
    w_.db().exec(R"(select pgmq.send('tasker_default', '{"task_id": "x", "step_no": "y"}'))");
    EXPECT_EQ(shown("steps_in_progress"), "1");
    EXPECT_EQ(w_.run_all().size(), 0U);
    w_.expire_leases();
    EXPECT_EQ(shown("steps_in_progress"), "1");
    EXPECT_EQ(w_.run_all().size(), 1U);
    EXPECT_EQ(shown("steps_in_progress"), "0");
}

TEST_F(Workers, ThatWereNotSeenForADayAreRemoved) {
    w_.move_clock("23 hours");
    EXPECT_EQ(prune(), 0);
    w_.move_clock("25 hours");
    EXPECT_EQ(prune(1), 1);
    EXPECT_EQ(prune(1), 1);
    EXPECT_EQ(prune(1), 0);
    EXPECT_EQ(renew(), "removed");
    EXPECT_NE(add("w", 1), id_);
}

TEST_F(Workers, ThatHoldAStepAreKept) {
    one_step();
    w_.move_clock("25 hours");
    EXPECT_EQ(prune(), 1); // the other one
    EXPECT_EQ(shown("state"), "gone");
    w_.db().exec("select tasker.register_worker('other', '{default}')");
    w_.expire_leases();
    EXPECT_EQ(w_.run_all().size(), 1U);
    EXPECT_EQ(prune(), 1);
    EXPECT_EQ(w_.shown(task_, "s", "history -> 0 ->> 'outcome'"), "lost");
    EXPECT_EQ(w_.shown(task_, "s", "history -> 0 ->> 'worker'"), "");
}

TEST_F(Workers, ThatDrainDoNotServeTheirNamespaces) {
    auto const is_served = [this] {
        return w_.db().value<bool>("select tasker.is_served('shop')");
    };
    EXPECT_TRUE(is_served());
    command("drain");
    EXPECT_FALSE(is_served());
}

TEST_F(Workers, LongListsOfHandlersAreOutsideOfTheRowThatARenewalCopies) {
    w_.db().exec("select tasker.register_worker('w', '{default}', 4, array(select 'handler_' || "
                 "md5(n::text) from generate_series(1, 1000) n), '1.0.0', 1)");
    EXPECT_GT(w_.db().value<int>("select pg_column_size(handlers) from tasker.workers "
                                 "where name = 'w'"),
              16'384);
    for (int i = 0; i < 100; ++i) {
        renew();
    }
    EXPECT_LE(w_.db().value<int>("select pg_relation_size('tasker.workers')"), 16'384);
}

} // namespace
} // namespace tasker::sql::testing
