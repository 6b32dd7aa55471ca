#include "metrics.hpp"

#include "tasker/log/log.hpp"
#include "tasker/measure/bench.hpp"
#include "tasker/process/child_process.hpp"
#include "tasker/worker/run_handler.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>

namespace {

using namespace tasker::measure;
using namespace tasker;

constexpr std::size_t calls = 1'000;

worker::step_result noop(worker::step_context const&) {
    return worker::success();
}

worker::step_result echo(worker::step_context const& step) {
    return step.context();
}

void expect_success(worker::step_result const& result) {
    ensure(result.is_success(), "a handler failed");
}

/// Lines go to /dev/null: this measures formatting them, and one write.
class silent_stderr {
public:
    silent_stderr() : kept_{::dup(STDERR_FILENO)} {
        int const nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::dup2(nowhere, STDERR_FILENO);
        ::close(nowhere);
    }
    silent_stderr(silent_stderr const&) = delete;
    silent_stderr& operator=(silent_stderr const&) = delete;
    ~silent_stderr() {
        ::dup2(kept_, STDERR_FILENO);
        ::close(kept_);
    }

private:
    int kept_;
};

void measure_calls(bench& on, bench::plan const& plan) {
    // Through a volatile pointer, so that the call is made.
    worker::step_result (*volatile direct)(worker::step_context const&) = noop;
    std::optional<worker::step_context> seen;
    worker::try_handler(
        [&](worker::step_context const& step) {
            seen.emplace(step);
            return worker::success();
        },
        {});
    on.calls("direct call", plan, [&] { expect_success(direct(*seen)); });
    worker::handler_registry handlers;
    handlers.add("noop", noop);
    auto const* const found = handlers.find("noop");
    on.calls("through the registry", plan,
             [&] { expect_success((*handlers.find("noop"))(*seen)); });
    on.calls("through the framework", plan,
             [&] { expect_success(worker::try_handler(*found, {})); });
}

void measure_json(bench& on, bench::plan plan) {
    for (auto const& [name, bytes, count] :
         {std::tuple{"1 KB", std::size_t{1'000}, calls},
          std::tuple{"10 KB", std::size_t{10'000}, calls / 10},
          std::tuple{"100 KB", std::size_t{100'000}, calls / 100}}) {
        plan.calls = count;
        auto const text = context_of(bytes);
        auto const json = nlohmann::json::parse(text);
        on.calls(std::string{"JSON parsed, "} + name, plan,
                 [&] { ensure(!nlohmann::json::parse(text).empty(), "nothing was parsed"); });
        on.calls(std::string{"JSON written, "} + name, plan,
                 [&] { ensure(!json.dump().empty(), "nothing was written"); });
        // As the worker does: it parses the text of the context, and writes that of the result.
        on.calls(std::string{"JSON round trip of a handler, "} + name, plan, [&] {
            auto const out = worker::try_handler(echo, {}, {.context = text}).json_text();
            ensure(out.size() == text.size(), "another value came back");
        });
    }
}

void measure_log_and_metrics(bench& on, bench::plan const& plan) {
    silent_stderr const silent;
    auto const write = [](log::level severity) {
        log::write(severity, "step_ran", {{"task", "01a1fe19"}, {"step", 3}, {"took_us", 17}});
    };
    on.calls("log event below the level", plan, [&] { write(log::level::debug); });
    on.calls("log event written", plan, [&] { write(log::level::info); });
    // What the worker counts for each step that it ran.
    worker::metrics counted{{"noop"}};
    on.calls("metrics of a step recorded", plan, [&] {
        counted.step_ran("noop", std::chrono::microseconds{17});
        counted.step_ended(worker::metrics::ending::success);
    });
    on.calls("metrics page written", {.samples = plan.samples},
             [&] { ensure(!counted.text(1, 1, 1).empty(), "nothing was written"); });
}

/// Calls of Python handlers, measured by python_calls.py in a separate process.
void measure_python(bench& on, bench::plan const& plan) {
    constexpr std::chrono::minutes limit{5};
    constexpr auto warm_up_calls = "2000";
    constexpr double us_in_ms = 1'000;
    on.progress("Python");
    auto const done = process::run_program(
                          {.argv = {TASKER_PYTHON_CALLS, std::to_string(plan.samples),
                                    std::to_string(plan.calls), warm_up_calls, on.options().filter},
                           .env = {"PYTHONPATH=" TASKER_PYTHON_PACKAGE}},
                          steady_clock::now() + limit)
                          .value();
    ensure(done.status.is_success(), "python_calls.py: " + done.err);
    auto const cases = nlohmann::json::parse(done.out);
    for (auto const& [name, samples_us] : cases.items()) {
        if (on.wants(name)) {
            auto values = samples_us.get<std::vector<double>>();
            std::ranges::for_each(values, [](double& value) { value /= us_in_ms; });
            on.add(name, values);
        }
    }
}

void measure_all(bench& on) {
    on.setting("sample", "1,000 calls, of JSON 100 of 10 KB and 10 of 100 KB, divided");
    on.setting("warm-up", "10 samples of each case, dropped");
    bench::plan const plan{.samples = on.sized(10, 10, 5), .calls = calls};
    on.repeat_full(10);
    while (on.next_repetition()) {
        measure_calls(on, plan);
        measure_json(on, plan);
        measure_log_and_metrics(on, plan);
        measure_python(on, plan);
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "handler_overhead",
                      "What calling a handler costs: directly, and as a worker calls it.",
                      measure_all);
}
