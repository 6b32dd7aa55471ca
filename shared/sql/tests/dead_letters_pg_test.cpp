#include "dead_letters_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(DeadLetters, AreFailedTasksThatAreNoChildTasks) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const parent = create("  - {name: k, workflow: {name: kid}, retry: {max_attempts: 1}}\n");
    run({"x"});
    auto const failed = fail(plain());
    w_.create(plain("other"));
    run();
    auto const cancelled = w_.create(plain());
    w_.db().exec("select tasker.cancel_tasks(array['" + cancelled + "'::uuid])");
    w_.create(plain());
    EXPECT_THAT(list(), ElementsAre(failed, parent));
}

TEST_F(DeadLetters, ATaskIsOneOnceItsStepsAreUndone) {
    create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
           "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0));
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_THAT(list(), IsEmpty());
    run();
    EXPECT_EQ(shown("step"), "b");
}

TEST_F(DeadLetters, ShowWhereAndWhyTheTaskFailed) {
    auto const task = fail(plain("mail", "a; b<a"));
    EXPECT_EQ(shown("namespace || '/' || template || '/' || version"), "default/mail/1.0.0");
    EXPECT_EQ(shown("task_id"), task);
    EXPECT_EQ(shown("step"), "a");
    EXPECT_EQ(shown("attempts"), "1");
    EXPECT_EQ(shown("error"), R"({"message": "no", "type": "t"})");
    EXPECT_EQ(shown("failed_at"), w_.of_task(task, "finished_at"));
}

TEST_F(DeadLetters, AStepThatUsedAllAttemptsIsExhausted) {
    auto const task =
        create("  - {name: a, handler: {callable: h}, retry: {max_attempts: 2, backoff: none}}\n");
    for (int round = 0; round < 2; ++round) {
        for (int attempt = 0; attempt < 2; ++attempt) {
            w_.finish(w_.claim().at(0), problem, 1);
            fire();
        }
        EXPECT_EQ(shown("reason"), "exhausted");
        EXPECT_EQ(retry(task), "t");
    }
    w_.finish(w_.claim().at(0), problem, 2); // the first attempt of the second retry
    EXPECT_EQ(shown("reason"), "not_retryable");
    EXPECT_EQ(shown("attempts"), "5");
}

TEST_F(DeadLetters, AStepWhoseFailureIsNotRetriedIsNotRetryable) {
    for (auto const* const retry :
         {"retryable: false", "max_attempts: 1, only: [other]", "max_attempts: 2"}) {
        auto const task = create(
            fmt::format("  - {{name: a, handler: {{callable: h}}, retry: {{{}}}}}\n", retry));
        run({"a"});
        EXPECT_EQ(shown("reason"), "not_retryable") << retry;
        EXPECT_EQ(erase(task), "1");
    }
}

TEST_F(DeadLetters, AConditionThatFailsItsStepIsNotRetryable) {
    create("  - {name: a, handler: {callable: h}, when: $context.go == true, otherwise: fail}\n");
    run();
    EXPECT_EQ(shown("reason"), "not_retryable");
    EXPECT_EQ(shown("attempts"), "0");
}

TEST_F(DeadLetters, AStepThatLostItsWorkerTooOftenIsPoison) {
    w_.create(plain());
    while (w_.messages() > 0) {
        for (auto const& step : w_.claim()) {
            w_.start(step);
        }
        w_.expire_leases();
    }
    EXPECT_EQ(shown("reason"), "poison");
}

TEST_F(DeadLetters, AHandlerCannotChooseTheReason) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    for (auto const* const type :
         {"lease_lost", "deadline", "timeout", "budget_exhausted", "child_failed", "item_failed"}) {
        auto const task = fail(plain(), type);
        EXPECT_EQ(shown("reason"), "not_retryable") << type;
        EXPECT_EQ(erase(task), "1");
    }
}

TEST_F(DeadLetters, ATaskThatPassedItsTimeLimitTimedOut) {
    create("  - {name: a, handler: {callable: h}}\ntimeout_seconds: 0.001\n");
    w_.move_clock("1 s");
    fire();
    EXPECT_EQ(shown("reason"), "timed_out");
    EXPECT_EQ(shown("step"), "");
    EXPECT_EQ(shown("attempts"), "0");
    EXPECT_EQ(shown("error ->> 'type'"), "deadline");
}

TEST_F(DeadLetters, AStepThatWaitedTooLongForItsSignalTimedOut) {
    create("  - {name: a, signal: {name: go, deadline_seconds: 0.001}}\n");
    w_.move_clock("1 s");
    fire();
    EXPECT_EQ(shown("reason"), "timed_out");
    EXPECT_EQ(shown("step"), "a");
}

TEST_F(DeadLetters, AStepWhoseLastAttemptRanTooLongTimedOut) {
    create("  - {name: a, handler: {callable: h}, timeout_seconds: 1, retry: {max_attempts: 1}}\n");
    w_.finish(w_.claim().at(0), R"({"message": "timed out after 1000 ms", "type": "timeout"})", 1);
    EXPECT_EQ(shown("reason"), "timed_out");
    EXPECT_EQ(shown("attempts"), "1");
}

TEST_F(DeadLetters, ATaskWhoseBudgetIsExhaustedSaysSo) {
    create("  - {name: a, handler: {callable: h}}\n"
           "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
           "budget: {tokens: 100}\n");
    auto const step = w_.claim().at(0);
    spend(step);
    w_.finish(step);
    EXPECT_EQ(shown("reason"), "budget_exhausted");
    EXPECT_EQ(shown("step"), "b");
}

TEST_F(DeadLetters, AStepThatFailedForTheBudgetComesBeforeOneThatMayFail) {
    create("  - {name: a, handler: {callable: h}, allow_failure: true}\n"
           "  - {name: b, handler: {callable: h}, dependencies: [a], join: all_done, "
           "allow_failure: true}\n"
           "budget: {tokens: 100}\n");
    auto const step = w_.claim().at(0);
    spend(step);
    w_.finish(step, problem, 2);
    EXPECT_EQ(shown("reason"), "budget_exhausted");
    EXPECT_EQ(shown("step"), "b");
}

TEST_F(DeadLetters, ATaskThatAHandlerFailedWasStopped) {
    create("  - {name: a, handler: {callable: h}, allow_failure: true}\n"
           "  - {name: b, handler: {callable: h}, allow_failure: true}\n");
    auto const held = w_.claim();
    w_.finish(held.at(0), problem, 2);
    w_.finish(held.at(1), R"({"message": "enough", "type": "policy"})", 5);
    EXPECT_EQ(shown("reason"), "stopped");
    EXPECT_EQ(shown("step"), held.at(1).name);
    EXPECT_EQ(shown("error ->> 'type'"), "policy");
}

TEST_F(DeadLetters, AnItemThatFailsTheWholeTaskStopsIt) {
    create("  - {name: m, handler: {callable: h}, map: $context.l}\n", R"({"l": [1, 2]})");
    auto const held = w_.claim();
    w_.finish(held.at(0), problem, 5);
    w_.finish(held.at(1));
    EXPECT_EQ(shown("reason"), "stopped");
    EXPECT_EQ(shown("step"), "m");
}

TEST_F(DeadLetters, AMapNamesItsItemsAndAStepItsChildTask) {
    create("  - {name: m, handler: {callable: h}, map: $context.l}\n", R"({"l": [1]})");
    run({"m[0]"});
    EXPECT_EQ(shown("reason"), "item_failed");
    EXPECT_EQ(act("discard", list()), "t");
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    create("  - {name: k, workflow: {name: kid}, retry: {max_attempts: 1}}\n");
    run({"x"});
    EXPECT_EQ(shown("reason"), "child_failed");
    EXPECT_EQ(shown("step"), "k");
}

TEST_F(DeadLetters, FiltersSelectByTemplateStepErrorAndTime) {
    auto const mail = fail(plain("mail", "send"), "smtp");
    auto const bank = fail(plain("bank", "pay"), "http");
    w_.move_clock("1 hour");
    auto const late = fail(plain("bank", "pay"), "http");
    EXPECT_THAT(list("'default', null, null, null, null, null"), ElementsAre(late, bank, mail));
    EXPECT_THAT(list("'other', null, null, null, null, null"), IsEmpty());
    EXPECT_THAT(list("null, 'mail', null, null, null, null"), ElementsAre(mail));
    EXPECT_THAT(list("null, null, 'pay', null, null, null"), ElementsAre(late, bank));
    EXPECT_THAT(list("null, null, null, 'smtp', null, null"), ElementsAre(mail));
    EXPECT_THAT(list("null, 'mail', null, 'http', null, null"), IsEmpty());
    EXPECT_THAT(list("null, null, null, null, tasker.clock() - interval '10 min', null"),
                ElementsAre(bank, mail));
}

TEST_F(DeadLetters, PagesFollowEachOther) {
    std::vector<std::string> failed;
    for (int i = 0; i < 5; ++i) {
        failed.insert(failed.begin(), fail(plain(), i % 2 == 0 ? "even" : "odd"));
    }
    for (auto const* const type : {"null", "'even'"}) {
        std::vector<std::string> found;
        std::string after = "null";
        int pages = 0;
        while (!after.empty()) {
            auto const filters = fmt::format("null, null, null, {}, null, {}", type, after);
            auto const page = list(filters, ", 2");
            EXPECT_LE(page.size(), 2U);
            found.insert(found.end(), page.begin(), page.end());
            after =
                w_.db().value<std::string>("select coalesce(quote_literal(next_before), '') from "
                                           "tasker.list_dead_letters(" +
                                           filters + ", 2) where task_id is null");
            ++pages;
        }
        EXPECT_EQ(pages, *type == 'n' ? 3 : 2);
        EXPECT_EQ(found.size(), *type == 'n' ? 5U : 3U);
        EXPECT_TRUE(std::ranges::is_sorted(found, std::greater{}));
    }
}

TEST_F(DeadLetters, APageEndsWithLargeErrors) {
    auto const old = fail(plain());
    auto const young = fail(plain());
    EXPECT_THAT(list("null, null, null, null, null, null", ", 100, 10"), ElementsAre(young));
    EXPECT_EQ(w_.db().value<std::string>("select next_before from tasker.list_dead_letters(null, "
                                         "null, null, null, null, null, 100, 10) "
                                         "where task_id is null"),
              young);
    EXPECT_THAT(list(fmt::format("null, null, null, null, null, '{}'", young), ", 100, 10"),
                ElementsAre(old));
}

TEST_F(DeadLetters, ASearchStopsAfterALimitedNumberOfTasksAndContinues) {
    auto const rare = fail(plain(), "rare");
    for (int i = 0; i < 4; ++i) {
        fail(plain());
    }
    auto const find = [this](std::string const& before) {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(task_ids[1]::text, '-') || ' ' || coalesce(next_before::"
                        "text, '-') from tasker.find_dead_letters(null, null, null, 'rare', null, "
                        "{}, 1, 3)",
                        before));
    };
    auto const first = find("null");
    ASSERT_TRUE(first.starts_with("- ")) << first;
    ASSERT_EQ(first.size(), 38U) << first;
    EXPECT_EQ(find('\'' + first.substr(2) + '\''), rare + " -");
}

TEST_F(DeadLetters, GroupsCountTheSameFailures) {
    auto const old = fail(plain("bank"), "http");
    fail(plain("mail"), "smtp");
    w_.move_clock("1 hour");
    auto const young = fail(plain("bank"), "http");
    auto const groups = [this](std::string const& arguments) {
        return w_.db().value<std::string>(
            "select string_agg(concat_ws(' ', template, step, error_type, reason, tasks, is_cut), "
            "', ') from tasker.dead_letter_groups(null, null, null, " +
            arguments + ")");
    };
    EXPECT_EQ(groups("null, null, 10"), "3 f, bank a http not_retryable 2 f, "
                                        "mail a smtp not_retryable 1 f");
    EXPECT_EQ(groups("'smtp', null, 10"), "1 f, mail a smtp not_retryable 1 f");
    EXPECT_EQ(groups("null, null, 1"), "3 t, bank a http not_retryable 2 t");
    EXPECT_EQ(groups("null, null, 10, 2"), "2 t, bank a http not_retryable 1 t, "
                                           "mail a smtp not_retryable 1 t");
    EXPECT_EQ(groups("'none', null, 10"), "0 f");
    EXPECT_EQ(w_.db().value<std::string>(
                  fmt::format("select concat(example, oldest = (tasker.task_rows(array['{}'::uuid]"
                              ")).finished_at, newest = (tasker.task_rows(array[example]))."
                              "finished_at) from tasker.dead_letter_groups(null, 'bank', null, "
                              "null, null, 10) where template is not null",
                              old)),
              young + "tt");
}

} // namespace
} // namespace tasker::sql::testing
