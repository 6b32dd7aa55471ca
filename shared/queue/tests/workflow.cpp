#include "workflow.hpp"

#include "tasker/model/compiled_template.hpp"

#include <utility>

namespace tasker::queue {

using tasker::testing::soon;

Workflow::Workflow()
    : connection_{open()},
      worker_{
          run(register_worker(connection_, {.name = "worker", .namespaces = {"default"}}, soon()))
              .value()} {}

pg::connection Workflow::open() {
    return run(pg::connection::open(io_.get_executor(), {.dsn = database_.dsn()}, soon())).value();
}

std::string steps_of(std::string const& steps) {
    auto const parsed =
        model::parse_template_yaml("{name: t, version: 1.0.0, steps: [" + steps + "]}");
    return model::steps_json(model::compile(parsed.value(), "default"));
}

template_id Workflow::register_steps(std::string const& name, std::string const& steps) {
    auto const reply = run(register_template(connection_,
                                             {.name_space = "default",
                                              .name = name,
                                              .version = "1.0.0",
                                              .environment = "default",
                                              .hash = name + steps,
                                              .definition = R"({"name": ")" + name + R"("})",
                                              .steps = steps_of(steps)},
                                             soon()));
    return reply.value().id;
}

template_id Workflow::register_chain() {
    return register_steps("chain", R"(
        {name: a, handler: {callable: h.a, method: m, initialization: {x: 1}},
         retry: {max_attempts: 2, backoff: none}, timeout_seconds: 1.5},
        {name: b, handler: {callable: h.b}, dependencies: [a],
         retry: {max_attempts: 2, backoff: none}},
        {name: c, handler: {callable: h.c}, dependencies: [b],
         retry: {retryable: false, max_attempts: 1, backoff: none}})");
}

task_id Workflow::create(template_id from, std::string context) {
    auto const id = task_id::generate();
    auto const outcomes =
        run(create_tasks(connection_, {{.id = id, .from = from, .context = std::move(context)}},
                         atomicity::each_alone, soon()))
            .value();
    EXPECT_EQ(outcomes.at(0).creation, creation::created);
    return id;
}

std::vector<claimed_step> Workflow::claim_all(std::int32_t quantity) {
    return run(claim(connection_,
                     {.queues = {"tasker_default__p4", normal_queue},
                      .worker = worker_,
                      .lease = lease_time,
                      .quantity = quantity},
                     soon()))
        .value();
}

finish_reply Workflow::finish_one(claimed_step const& step, std::string payload,
                                  queue::outcome outcome, std::int32_t take) {
    return run(finish(connection_,
                      {.queue = step.queue,
                       .worker = worker_,
                       .lease = lease_time,
                       .take = take,
                       .steps = {{.held = lease_of(step),
                                  .outcome = outcome,
                                  .payload = std::move(payload),
                                  .retry_after = std::nullopt}}},
                      soon()))
        .value();
}

wire::task_view Workflow::get(task_id task) {
    return run(get_tasks(connection_, {task}, soon())).value().at(0);
}

} // namespace tasker::queue
