#include "workflow.hpp"

#include "tasker/pg/error.hpp"

#include <gmock/gmock.h>

namespace tasker::queue {
namespace {

using tasker::testing::soon;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Workers : public Workflow {
protected:
    worker_registration second() const {
        return {.name = "second",
                .namespaces = {"shop", "default"},
                .slots = 3,
                .handlers = {"a", "b"},
                .version = "1.2.3",
                .instance = 7};
    }

    result<worker_id> add(worker_registration of) {
        return run(register_worker(connection_, std::move(of), soon()));
    }

    worker_order renew(worker_id worker, std::int64_t instance = 0) {
        return run(renew_last_seen(connection_, worker, instance, soon())).value();
    }

    result<void> command(std::string name, std::string what) {
        return run(command_worker(connection_, std::move(name), std::move(what), soon()));
    }

    std::vector<wire::worker_view> list(worker_filter filter = {}, std::int32_t limit = 10) {
        return run(list_workers(connection_, std::move(filter), limit, soon())).value();
    }
};

TEST_F(Workers, ANameHasOneId) {
    EXPECT_EQ(add({.name = "worker", .namespaces = {"default", "other"}}).value(), worker_);
    EXPECT_NE(add({.name = "another", .namespaces = {"default"}}).value(), worker_);
}

TEST_F(Workers, RenewTheTimeWhenTheyWereLastSeen) {
    EXPECT_TRUE(database_.value<bool>("select last_seen_at = started_at from tasker.workers"));
    EXPECT_EQ(renew(worker_), worker_order::none);
    EXPECT_TRUE(database_.value<bool>("select last_seen_at > started_at from tasker.workers"));
}

TEST_F(Workers, WithABadNamespaceAreRefused) {
    auto const refused = add({.name = "worker", .namespaces = {"Bad__Name"}});
    EXPECT_EQ(pg::sqlstate_of(refused.error()), "TK001");
    EXPECT_TRUE(pg::is_callers_fault(refused.error()));
}

TEST_F(Workers, WithTooManyHandlersAreRefused) {
    auto many = second();
    many.handlers.assign(1001, "h");
    EXPECT_THAT(to_string(add(many).error()), HasSubstr("at most 1000 handlers"));
    many.handlers.assign(330, std::string(199, 'h'));
    EXPECT_THAT(to_string(add(many).error()), HasSubstr("64 KiB; this one has 330 (65670 bytes)"));
}

TEST_F(Workers, AreListedWithWhatTheySay) {
    auto const id = add(second()).value();
    auto const found = list({.name_space = "shop", .name = {}, .state = {}, .after = {}});
    ASSERT_THAT(found, SizeIs(1));
    auto const& shown = found.front();
    EXPECT_EQ(shown.id, id);
    EXPECT_EQ(shown.name, "second");
    EXPECT_EQ(shown.namespaces, R"(["shop","default"])");
    EXPECT_EQ(shown.slots, 3);
    EXPECT_EQ(shown.handlers, R"(["a","b"])");
    EXPECT_EQ(shown.version, "1.2.3");
    EXPECT_EQ(shown.state, "serving");
    EXPECT_EQ(shown.command, std::nullopt);
    EXPECT_EQ(shown.started_at, shown.last_seen_at);
    EXPECT_EQ(shown.steps_in_progress, 0);
}

TEST_F(Workers, AreListedInPages) {
    auto const id = add(second()).value();
    EXPECT_EQ(list({}, 1).at(0).id, worker_);
    worker_filter rest;
    rest.after = worker_;
    EXPECT_EQ(list(rest).at(0).id, id);
    rest.after = id;
    EXPECT_THAT(list(rest), IsEmpty());
}

TEST_F(Workers, LearnACommandAtTheirRenewal) {
    auto const id = add(second()).value();
    EXPECT_TRUE(command("second", "drain").has_value());
    EXPECT_EQ(renew(id, 7), worker_order::drain);
    EXPECT_TRUE(command("second", "stop").has_value());
    EXPECT_EQ(renew(id, 7), worker_order::stop);
    EXPECT_EQ(renew(worker_), worker_order::none);
    EXPECT_TRUE(run(end_worker(connection_, id, 7, soon())).has_value());
    EXPECT_EQ(list().at(1).state, "gone");
}

TEST_F(Workers, OfAnUnknownNameCannotBeAsked) {
    EXPECT_EQ(pg::sqlstate_of(command("nobody", "stop").error()), "TK002");
    EXPECT_EQ(pg::sqlstate_of(command("worker", "dance").error()), "TK001");
}

TEST_F(Workers, LearnThatTheirNameIsTakenOrTheirRowRemoved) {
    auto const id = add(second()).value();
    auto taker = second();
    taker.instance = 8;
    EXPECT_EQ(add(taker).value(), id);
    EXPECT_EQ(renew(id, 7), worker_order::replaced);
    EXPECT_EQ(renew(id, 8), worker_order::none);
    database_.exec("update tasker.workers set last_seen_at = last_seen_at - interval '25 hours'");
    EXPECT_EQ(run(prune_workers(connection_, 1, 10, soon())).value(), 2);
    EXPECT_EQ(renew(id, 8), worker_order::removed);
}

} // namespace
} // namespace tasker::queue
