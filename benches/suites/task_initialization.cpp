#include "tasker/client/client.hpp"
#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"

#include "tasker/wire/create_task.hpp"
#include "tasker/wire/task_view.hpp"

#include <fmt/core.h>

#include <array>

namespace {

using namespace tasker::measure;
using namespace tasker;

struct payload {
    std::string name;
    std::string context;
};

/// Where the time of a creation goes: reading the body, the call of the database, the answer.
void break_down(bench& on, stage& core, payload const& with, std::size_t samples) {
    auto const body = named_shape("linear3").task_json(with.context);
    constexpr std::size_t calls = 20;
    on.calls("parse, " + with.name, {.samples = samples, .calls = calls},
             [&] { ensure(wire::parse_create_task(body).has_value(), "the body was refused"); });
    on.calls("SQL, " + with.name, {.samples = samples}, [&] { core.create(1, with.context); });
    wire::task_view const view{.id = task_id::generate(),
                               .name_space = "bench",
                               .name = "linear3",
                               .version = "1.0.0",
                               .context = with.context};
    on.calls("serialise, " + with.name, {.samples = samples, .calls = calls}, [&] {
        std::string text;
        append(text, view);
        ensure(!text.empty(), "nothing was written");
    });
}

/// As a user's program calls the HTTP API: with the client library, one kept connection.
void measure_client(bench& on, payload const& with, std::size_t samples) {
    client::client calls{fmt::format("http://{}:{}", on.programs().orchestrator().host,
                                     on.programs().orchestrator().port)};
    wire::create_task_request const wanted{.name_space = std::string{bench_namespace},
                                           .name = named_shape("linear3").name,
                                           .context = with.context};
    auto const id = calls.create_task(wanted).value().id;
    on.calls("client library, create, " + with.name, {.samples = samples},
             [&] { calls.create_task(wanted).value(); });
    on.component("client library, get, " + with.name, {.samples = samples}, [&] {
        std::string context;
        auto const took = timed([&] { context = calls.get_task(id).value().context; });
        ensure(context.size() == with.context.size(), "the task came back with another context");
        return took;
    });
}

void measure_all(bench& on) {
    std::array<payload, 3> const payloads{{{"1 KB", context_of(1'000)},
                                           {"10 KB", context_of(10'000)},
                                           {"100 KB", context_of(100'000)}}};
    std::array<std::pair<char const*, shape>, 3> const shapes{
        {{"linear-3", named_shape("linear3")},
         {"diamond-4", named_shape("diamond4")},
         {"tree-7", named_shape("tree7")}}};
    auto& programs = on.programs();
    for (auto const& [name, graph] : shapes) {
        programs.register_template(graph);
    }
    http_connection connection{programs.orchestrator()};
    on.setting("load", "one POST /v1/tasks at a time over one kept connection; no worker runs");
    on.setting("warm-up", "10 creations of each case, dropped");
    auto const samples = on.sized(100, 60, 10);
    std::optional<stage> core;
    if (programs.is_private()) {
        // A separate one, because the orchestrator compiles its own templates.
        core.emplace(programs.add_database("stage"));
        core->use(named_shape("linear3"));
    }
    on.repeat_full(10);
    while (on.next_repetition()) {
        for (auto const& [name, graph] : shapes) {
            for (auto const& each : payloads) {
                auto const request = graph.creation(each.context);
                // Answered when the task is committed and its roots are enqueued.
                on.calls(std::string{name} + ", " + each.name, {.samples = samples},
                         [&] { connection.expect(201, request); });
            }
        }
        for (auto const& each : payloads) {
            measure_client(on, each, samples);
            if (core) {
                break_down(on, *core, each, samples);
            }
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "task_initialization",
                      "POST /v1/tasks until the task is committed and its roots are enqueued.",
                      measure_all, {.config = true});
}
