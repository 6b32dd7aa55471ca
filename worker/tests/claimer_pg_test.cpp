#include "claimer.hpp"
#include "worked_database.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <string>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;

class Claimer : public WorkerDatabase {
protected:
    Claimer() {
        register_template("name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: "
                          "{callable: unknown}}\n");
    }

    void claim_as_dead(std::string const& suspects) {
        db().exec("select tasker.claim_steps(array['tasker_default'], "
                  "tasker.register_worker('dead', array['default']), 3, 1, " +
                  suspects + ")");
    }

    /// A step of an unknown handler is held until it is reported, and nothing reports here.
    void hold(bool alone) {
        queue::claimed_step step;
        step.queue = "tasker_default";
        step.initialization = "{}";
        step.context = "{}";
        step.alone = alone;
        flow_.accept({step}, steady_clock::now());
    }

    settings options_ = options();
    boost::asio::io_context io_;
    metrics metrics_{{}};
    pg::pool connections_{io_.get_executor(), {.connect = {.dsn = db().dsn()}, .size = 2}};
    step_flow flow_{io_.get_executor(), options_, std::make_shared<handler_registry>(), metrics_};
};

TEST_F(Claimer, StepThatCannotBeClaimedYetDoesNotHideWhenOtherLeasesEnd) {
    create("one");
    for (int i = 0; i < 2; ++i) {
        claim_as_dead("1");
        db().exec("select pgmq.set_vt('tasker_default', msg_id, 0) from pgmq.q_tasker_default");
    }
    auto const other = create("one");
    claim_as_dead("-1");
    hold(false);
    hold(true);
    flow_.limit_wait_for_alone(steady_clock::now() + step_flow::first_alone_limit);
    ASSERT_FALSE(flow_.may_take_alone(steady_clock::now()));

    identity const self{
        worker_id{db().value<int>("select tasker.register_worker('me', '{default}')")}, 60s};
    claimer claims{flow_, connections_, self, 600s, metrics_};
    bool has_ended = false;
    boost::asio::co_spawn(io_, claims.run_until_stopped(),
                          [&has_ended](std::exception_ptr const&) { has_ended = true; });
    auto const until = testing::soon();
    while (flow_.held().size() < 2 && steady_clock::now() < until) {
        io_.run_one_until(until);
    }
    EXPECT_EQ(step(other, "s")["worker"], "me");
    flow_.close();
    while (!has_ended) {
        io_.run_one();
    }
}

} // namespace
} // namespace tasker::worker
