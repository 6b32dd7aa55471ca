#include "tasker/measure/stage.hpp"

#include "tasker/model/compiled_template.hpp"
#include "tasker/queue/templates.hpp"
#include "tasker/queue/workers.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tasker::measure {

namespace {

constexpr std::chrono::seconds lease{60};

} // namespace

stage::stage(std::string const& dsn, std::string worker) : session_{dsn} {
    queue::worker_registration of{.name = std::move(worker),
                                  .namespaces = {std::string{bench_namespace}}};
    worker_ =
        session_.run(queue::register_worker(session_.connection(), std::move(of), session::soon()));
}

template_id stage::use(shape const& of) {
    auto compiled = model::compile(model::parse_template_json(of.template_json()).value(), "");
    queue::new_template made{.name_space = compiled.name_space,
                             .name = compiled.name,
                             .version = compiled.version,
                             .environment = "default",
                             .hash = compiled.hash,
                             .definition = compiled.definition,
                             .steps = model::steps_json(compiled),
                             .result = compiled.result};
    auto const reply = session_.run(
        queue::register_template(session_.connection(), std::move(made), session::soon()));
    template_ = reply.id;
    return template_;
}

std::vector<task_id> stage::create(std::size_t tasks, std::string const& context,
                                   queue::priority priority) {
    std::vector<queue::new_task> batch;
    std::vector<task_id> ids;
    batch.reserve(tasks);
    ids.reserve(tasks);
    for (std::size_t i = 0; i < tasks; ++i) {
        batch.push_back({.id = task_id::generate(),
                         .from = template_,
                         .priority = priority,
                         .context = context,
                         .idempotency_key = {}});
        ids.push_back(batch.back().id);
    }
    auto const made = session_.run(queue::create_tasks(
        session_.connection(), std::move(batch), queue::atomicity::each_alone, session::soon()));
    if (made.size() != tasks || std::ranges::any_of(made, [](auto const& each) {
            return each.creation != queue::creation::created;
        })) {
        throw std::runtime_error{"not every task was created"};
    }
    return ids;
}

std::vector<task_id> stage::create_many(std::size_t tasks, std::string const& context) {
    constexpr std::size_t batch = 1'000;
    std::vector<task_id> out;
    while (out.size() < tasks) {
        auto const ids = create(std::min(batch, tasks - out.size()), context);
        out.insert(out.end(), ids.begin(), ids.end());
    }
    return out;
}

std::string stage::queue(queue::priority priority) const {
    return queue::queue_name(bench_namespace, priority);
}

std::vector<queue::claimed_step> stage::claim(std::int32_t quantity, queue::priority priority) {
    queue::claim_request wanted{
        .queues = {queue(priority)}, .worker = worker_, .lease = lease, .quantity = quantity};
    return session_.run(queue::claim(session_.connection(), std::move(wanted), session::soon()));
}

queue::finish_reply stage::finish(std::vector<queue::claimed_step> const& steps, std::int32_t take,
                                  queue::outcome outcome, std::string const& payload) {
    auto const small = outcome == queue::outcome::success
                           ? R"({"done":true})"
                           : R"({"message":"no","type":"told_to_fail"})";
    queue::finish_request report{.queue = steps.empty() ? queue() : steps.front().queue,
                                 .worker = worker_,
                                 .lease = lease,
                                 .take = take,
                                 .steps = {}};
    report.steps.reserve(steps.size());
    for (auto const& each : steps) {
        report.steps.push_back({.held = lease_of(each),
                                .outcome = outcome,
                                .payload = payload.empty() ? small : payload,
                                .retry_after = {}});
    }
    return session_.run(queue::finish(session_.connection(), std::move(report), session::soon()));
}

std::int32_t stage::release(std::vector<queue::claimed_step> const& steps) {
    return session_.run(queue::release(session_.connection(), steps.at(0).queue, leases_of(steps),
                                       session::soon()));
}

void stage::remove(std::vector<task_id> const& tasks) {
    static constexpr pg::statement sql{
        "bench_remove",
        "/* upkeep */ with d as (delete from tasker.timers where task_id = any ($1)),"
        " s as (delete from tasker.steps where task_id = any ($1)),"
        " u as (delete from tasker.unsuccessful_tasks where task_id = any ($1))"
        " delete from tasker.tasks where task_id = any ($1)"};
    static constexpr pg::statement empty{"bench_empty",
                                         "/* upkeep */ delete from pgmq.q_tasker_bench__p3"};
    session_.run(
        session_.connection().run({sql, pg::params{}.add_uuid_array(tasks)}, session::soon()));
    session_.query(empty);
}

void stage::vacuum() {
    static constexpr pg::statement sql{"bench_vacuum", "vacuum"};
    session_.query(sql);
}

std::size_t stage::work_off(std::size_t steps, std::string const& result) {
    constexpr std::size_t batch = 500;
    std::size_t done = 0;
    while (done < steps) {
        auto const claimed = claim(static_cast<std::int32_t>(std::min(batch, steps - done)));
        if (claimed.empty()) {
            break;
        }
        ensure(finish(claimed, 0, queue::outcome::success, result).refused.empty(),
               "a result was refused");
        done += claimed.size();
    }
    return done;
}

sample_tasks::sample_tasks(stage& in, std::size_t tasks)
    : in_{in},
      ids_{in.create(tasks, R"({"order":17})", beside)} {}

sample_tasks::~sample_tasks() {
    in_.remove(ids_);
}

std::vector<queue::claimed_step> sample_tasks::claim() const {
    auto got = in_.claim(static_cast<std::int32_t>(ids_.size()), beside);
    ensure(got.size() == ids_.size(), "too few steps were claimed");
    return got;
}

std::vector<queue::lease> leases_of(std::vector<queue::claimed_step> const& steps) {
    std::vector<queue::lease> out;
    out.reserve(steps.size());
    for (auto const& each : steps) {
        out.push_back(queue::lease_of(each));
    }
    return out;
}

} // namespace tasker::measure
