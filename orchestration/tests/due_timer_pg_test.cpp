#include "api_fixture.hpp"

#include <gtest/gtest.h>

namespace tasker::orchestration {
namespace {

using tasker::testing::soon;

/// Polls are ten minutes apart, so anything earlier follows a notification.
class DueTimer : public Api {
protected:
    DueTimer() {
        client_.request("POST", "/v1/templates",
                        "name: flaky\nnamespace_name: default\nversion: 1.0.0\nsteps:\n"
                        "  - name: a\n    handler: {callable: h}\n"
                        "    retry: {max_attempts: 3, backoff: linear, backoff_base_ms: 200, "
                        "jitter: false}\n",
                        "application/yaml");
    }

    bool becomes(std::string const& state) {
        return database_.wait_until(soon(), "select count(*) > 0 from tasker.steps "
                                            "where state = '" +
                                                state + "'");
    }
};

TEST_F(DueTimer, RetryIsEnqueuedWhenItIsDue) {
    create("flaky");
    finish_all("retryable_failure", R"({"message": "again"})");
    ASSERT_TRUE(becomes("waiting_for_retry"));
    announce();
    EXPECT_TRUE(becomes("enqueued"));
    EXPECT_GE(database_.value<double>("select extract(epoch from enqueued_at - created_at) "
                                      "from tasker.steps join tasker.tasks using (task_id)"),
              0.2);
}

TEST_F(DueTimer, RetriesThatAreDueAtTheStartAreFound) {
    create("flaky");
    finish_all("retryable_failure", R"({"message": "again"})");
    ASSERT_TRUE(becomes("waiting_for_retry"));
    running_service const other{settings_};
    EXPECT_TRUE(becomes("enqueued"));
}

TEST_F(DueTimer, LostNotificationDelaysARetryByLittleMoreThanASecond) {
    settings_.due = {};
    running_service const other{settings_};
    create("flaky");
    finish_all("retryable_failure", R"({"message": "again"})");
    ASSERT_TRUE(becomes("enqueued"));
    // Due plus 1.2 s; the rest is slack for a loaded machine.
    EXPECT_LT(database_.value<double>("select extract(epoch from enqueued_at - created_at) "
                                      "from tasker.steps join tasker.tasks using (task_id)"),
              3.5);
}

TEST_F(DueTimer, ManyOrchestratorsReleaseEachRetryOnce) {
    running_service const second{settings_};
    running_service const third{settings_};
    for (int i = 0; i < 50; ++i) {
        create("flaky");
    }
    finish_all("retryable_failure", R"({"message": "again"})");
    announce();
    EXPECT_TRUE(database_.wait_until(
        soon(), "select count(*) = 50 from tasker.steps where state = 'enqueued'"));
    EXPECT_EQ(database_.value<int>("select count(*) from pgmq.q_tasker_default"), 50);
    EXPECT_EQ(database_.value<int>("select count(*) from tasker.timers"), 0);
}

} // namespace
} // namespace tasker::orchestration
