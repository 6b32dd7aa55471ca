#include "api_fixture.hpp"

#include "tasker/base/time.hpp"

#include <gmock/gmock.h>

namespace tasker::orchestration {
namespace {

using namespace std::chrono_literals;
using tasker::testing::soon;
using tasker::testing::wait_until;

/// Polls are ten minutes apart, so only a notification ends a wait earlier.
class Waits : public Api {
protected:
    Waits() : Waits{[](settings&) {}} {}

    explicit Waits(void (*adjust)(settings&)) : Api{adjust} {
        register_chain("chain");
        id_ = create("chain");
    }

    static std::string wait_for(std::string const& id, std::string const& seconds) {
        return request_text("GET", "/v1/tasks/" + id + "?wait=" + seconds);
    }

    int task_count() {
        return database_.value<int>("select count(*) from tasker.tasks");
    }

    /// How many requests wait now.
    int waiting_requests() {
        constexpr std::string_view name = "\ntasker_waiting_requests ";
        auto const text = client_.get("/metrics").body;
        return std::stoi(text.substr(text.find(name) + name.size()));
    }

    /// Waits until that many requests wait.
    bool are_waiting(int number) {
        return wait_until(soon(), [&] { return waiting_requests() == number; });
    }

    std::string id_;
};

TEST_F(Waits, NotificationEndsAWait) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    finish_all();
    auto const begin = steady_clock::now();
    announce();
    auto const reply = waiting.receive();
    EXPECT_LT(steady_clock::now() - begin, 5s);
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.json().at("state"), "complete");
    EXPECT_EQ(reply.body, client_.get("/v1/tasks/" + id_).body);
    EXPECT_TRUE(are_waiting(0));
}

TEST_F(Waits, FailureAndCancellationEndAWait) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    finish_all("permanent_failure", R"({"message": "no"})");
    announce();
    EXPECT_EQ(waiting.receive().json().at("state"), "failed");

    auto const other = create("chain");
    waiting.send(wait_for(other, "60"));
    ASSERT_TRUE(are_waiting(1));
    client_.post("/v1/tasks/" + other + "/cancel", "");
    EXPECT_EQ(waiting.receive().json().at("state"), "cancelled");
}

TEST_F(Waits, FinishedTaskIsReturnedImmediately) {
    finish_all();
    auto const begin = steady_clock::now();
    EXPECT_EQ(client_.get("/v1/tasks/" + id_ + "?wait=60").json().at("state"), "complete");
    EXPECT_LT(steady_clock::now() - begin, 5s);
}

TEST_F(Waits, UnfinishedTaskIsReturnedWhenTheTimeIsUp) {
    auto const begin = steady_clock::now();
    auto const reply = client_.get("/v1/tasks/" + id_ + "?wait=0.2");
    EXPECT_GE(steady_clock::now() - begin, 200ms);
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.json().at("state"), "pending");
    EXPECT_EQ(client_.get("/v1/tasks/" + id_ + "?wait=0").json().at("state"), "pending");
}

TEST_F(Waits, OneNotificationEndsAllWaitsForATask) {
    std::vector<std::unique_ptr<http_client>> waiting;
    for (int i = 0; i < 5; ++i) {
        waiting.push_back(std::make_unique<http_client>(service_->address()));
        waiting.back()->send(wait_for(id_, "60"));
    }
    ASSERT_TRUE(are_waiting(5));
    finish_all();
    announce();
    for (auto const& each : waiting) {
        EXPECT_EQ(each->receive().json().at("state"), "complete");
    }
}

TEST_F(Waits, NotificationOfManyTasksChecksAllWaits) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    http_client still_waiting{service_->address()};
    finish_all();
    still_waiting.send(wait_for(create("chain"), "60"));
    // The first wait may have been answered already, as its task had finished before it began.
    ASSERT_TRUE(wait_until(soon(), [&] { return waiting_requests() > 0; }));
    database_.exec("select pg_notify('tasker_finished', '*')");
    EXPECT_EQ(waiting.receive().json().at("state"), "complete");
    EXPECT_TRUE(are_waiting(1));
}

TEST_F(Waits, NotificationThatContainsTheEndNeedsNoQuery) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    // A query would find that the task is still pending.
    database_.exec("select pg_notify('tasker_finished', '" + id_ + R"( 0 1000000 {"s1": 5}'))");
    auto const reply = waiting.receive().json();
    EXPECT_EQ(reply.at("state"), "complete");
    EXPECT_EQ(reply.at("steps_complete"), 2);
    EXPECT_EQ(reply.at("started_at"), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(reply.at("finished_at"), "1970-01-01T00:00:01.000000Z");
    EXPECT_EQ(reply.at("result").at("s1"), 5);
}

TEST_F(Waits, InvalidNotificationIsIgnored) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    finish_all();
    database_.exec("select pg_notify('tasker_finished', '" + id_ + " x 1 {}')");
    database_.exec("select pg_notify('tasker_finished', ',x,,' || '" + id_ + "' || ',')");
    EXPECT_EQ(waiting.receive().json().at("state"), "complete");
}

TEST_F(Waits, ListenerThatReconnectsFindsMissedTasks) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    finish_all();
    database_.exec("select pg_terminate_backend(pid) from pg_stat_activity "
                   "where datname = current_database() and query ~ '^(listen|select tasker.want)'");
    EXPECT_EQ(waiting.receive().json().at("state"), "complete");
}

TEST_F(Waits, NotificationsAreSentOnlyWhileRequestsWait) {
    auto const are_wanted = [this] {
        return database_.value<bool>("select exists (select from pg_locks where locktype = "
                                     "'advisory' and mode = 'ShareLock' and database = (select oid "
                                     "from pg_database where datname = current_database()))");
    };
    EXPECT_FALSE(are_wanted());
    {
        http_client waiting{service_->address()};
        waiting.send(wait_for(id_, "60"));
        EXPECT_TRUE(wait_until(soon(), are_wanted));
    }
    EXPECT_TRUE(wait_until(soon(), [&] { return !are_wanted(); }));
}

TEST_F(Waits, WaitEndsWhenItsClientDisconnects) {
    {
        http_client waiting{service_->address()};
        waiting.send(wait_for(id_, "60"));
        ASSERT_TRUE(are_waiting(1));
    }
    EXPECT_TRUE(are_waiting(0));
}

TEST_F(Waits, ClientThatHasFinishedSendingGetsTheUnfinishedTask) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    waiting.finish_sending();
    auto const reply = waiting.receive();
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.json().at("state"), "pending");
    auto const begin = steady_clock::now();
    EXPECT_TRUE(waiting.ends());
    EXPECT_LT(steady_clock::now() - begin, 30s);
    EXPECT_TRUE(are_waiting(0));
}

TEST_F(Waits, AreMeasuredSeparatelyFromOtherRequests) {
    client_.get("/v1/tasks/" + id_);
    client_.get("/v1/tasks/" + id_ + "?wait=0.1");
    auto const text = client_.get("/metrics").body;
    for (auto const* line :
         {"\ntasker_http_wait_seconds_count 1\n", "\ntasker_http_request_seconds_count{route=\"GET "
                                                  "/v1/tasks/{task_id}\"} 1\n"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
}

TEST_F(Waits, RequestBehindAWaitIsAnsweredAfterTheWait) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60") + request_text("GET", "/health/live"));
    ASSERT_TRUE(are_waiting(1));
    finish_all();
    announce();
    EXPECT_EQ(waiting.receive().json().at("state"), "complete");
    EXPECT_EQ(waiting.receive().json().at("status"), "ok");
}

TEST_F(Waits, StopAnswersWaitsWithTheUnfinishedTask) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    auto const begin = steady_clock::now();
    service_->stop();
    auto const reply = waiting.receive();
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.json().at("state"), "pending");
    EXPECT_TRUE(waiting.ends());
    service_->join();
    EXPECT_LT(steady_clock::now() - begin, 5s);
}

std::string create_and_wait(std::string const& more, std::string const& seconds = "60") {
    return request_text("POST", "/v1/tasks?wait=" + seconds, R"({"name": "chain")" + more + "}");
}

TEST_F(Waits, CreationRespondsWhenTheNewTaskIsFinished) {
    http_client waiting{service_->address()};
    waiting.send(create_and_wait(""));
    ASSERT_TRUE(are_waiting(1));
    ASSERT_TRUE(wait_until(soon(), [&] { return task_count() == 2; }));
    finish_all();
    announce();
    auto const reply = waiting.receive();
    EXPECT_EQ(reply.status, 201U);
    auto const task = reply.json();
    EXPECT_EQ(task.at("state"), "complete");
    auto const path = "/v1/tasks/" + task.at("task_id").get<std::string>();
    EXPECT_EQ(reply.fields.at("location"), path);
    EXPECT_EQ(reply.body, client_.get(path).body);
    EXPECT_TRUE(are_waiting(0));
}

TEST_F(Waits, CreationRespondsWithTheUnfinishedTaskWhenTheTimeIsUp) {
    auto const reply = client_.post("/v1/tasks?wait=0.2", R"({"name": "chain"})");
    EXPECT_EQ(reply.status, 201U);
    EXPECT_EQ(reply.json().at("state"), "pending");
    EXPECT_EQ(client_.post("/v1/tasks?wait=301", R"({"name": "chain"})").status, 400U);
    EXPECT_EQ(task_count(), 2);
}

TEST_F(Waits, CreationWithAKnownKeyWaitsForTheExistingTask) {
    auto const existing = create("chain", R"(, "idempotency_key": "k")");
    http_client waiting{service_->address()};
    waiting.send(create_and_wait(R"(, "idempotency_key": "k")"));
    finish_all(); // before the wait or during it

    announce();
    auto const reply = waiting.receive();
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.json().at("task_id"), existing);
    EXPECT_EQ(reply.json().at("state"), "complete");
}

TEST_F(Waits, CreatedTaskStaysWhenItsClientDisconnects) {
    {
        http_client waiting{service_->address()};
        waiting.send(create_and_wait(""));
        ASSERT_TRUE(wait_until(soon(), [&] { return task_count() == 2; }));
    }
    EXPECT_TRUE(are_waiting(0));
    EXPECT_EQ(task_count(), 2);
}

class WaitsWithPolls : public Waits {
protected:
    WaitsWithPolls() : Waits{[](settings& chosen) { chosen.wait.poll_ms = 100; }} {}
};

TEST_F(WaitsWithPolls, PollEndsAWaitWhoseNotificationWasLost) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    finish_all();
    EXPECT_EQ(waiting.receive().json().at("state"), "complete");
}

class WaitsWithDefaults : public Waits {
protected:
    WaitsWithDefaults() : Waits{[](settings& chosen) { chosen.wait = {}; }} {}
};

TEST_F(WaitsWithDefaults, LostNotificationDelaysAnAnswerByLessThanASecond) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    finish_all();
    auto const begin = steady_clock::now();
    EXPECT_EQ(waiting.receive().json().at("state"), "complete");
    // The rest is slack for a loaded machine.
    EXPECT_LT(steady_clock::now() - begin, 3s);
}

class WaitsAtTheirLimit : public Waits {
protected:
    WaitsAtTheirLimit() : Waits{[](settings& chosen) { chosen.wait.max_waiting = 1; }} {}
};

TEST_F(WaitsAtTheirLimit, AnotherWaitIsRefused) {
    http_client waiting{service_->address()};
    waiting.send(wait_for(id_, "60"));
    ASSERT_TRUE(are_waiting(1));
    auto const reply = client_.get("/v1/tasks/" + id_ + "?wait=60");
    EXPECT_EQ(reply.status, 429U);
    EXPECT_EQ(reply.error_code(), "too_many_requests");
    EXPECT_EQ(reply.fields.at("retry-after"), "1");
    EXPECT_EQ(client_.post("/v1/tasks?wait=60", R"({"name": "chain"})").status, 429U);
    EXPECT_EQ(task_count(), 1);
}

} // namespace
} // namespace tasker::orchestration
