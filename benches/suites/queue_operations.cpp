#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"

#include <stdexcept>

namespace {

using namespace tasker::measure;
using namespace tasker;

constexpr auto beside = queue::priority::high;

/// One task of one step with three attempts, made for one sample and removed behind it.
class single_task {
public:
    explicit single_task(stage& core) : core_{core}, ids_{core.create(1, "{}", beside)} {}
    single_task(single_task const&) = delete;
    single_task& operator=(single_task const&) = delete;
    ~single_task() {
        core_.remove(ids_);
    }

    std::vector<queue::claimed_step> claim() const {
        auto got = core_.claim(1, beside);
        if (got.size() != 1) {
            throw std::runtime_error{"the step was not there"};
        }
        return got;
    }

private:
    stage& core_;
    std::vector<task_id> ids_;
};

double enqueue(stage& core) {
    std::optional<single_task> made;
    return timed_ms([&] { made.emplace(core); });
}

double claim(stage& core) {
    single_task const made{core};
    return timed_ms([&] { made.claim(); });
}

double end(stage& core, queue::outcome how, std::size_t settles) {
    single_task const made{core};
    auto const got = made.claim();
    queue::finish_reply reply;
    double const ms = timed_ms([&] { reply = core.finish(got, 0, how); });
    if (reply.settled.size() != settles || !reply.refused.empty()) {
        throw std::runtime_error{"the step ended in another way"};
    }
    return ms;
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    programs.stop_orchestrator();
    stage core{programs.dsn()};
    core.use(named_shape("single"));
    on.setting("case", "one message at a time on an idle database, durable commits");
    on.setting("warm-up", "10 samples of each case, dropped");
    bench::plan const plan{.samples = on.sized(100, 60, 10)};
    on.repeat_full(10);
    while (on.next_repetition()) {
        on.component("enqueue", plan, [&] { return enqueue(core); });
        on.component("claim", plan, [&] { return claim(core); });
        on.component("complete", plan, [&] { return end(core, queue::outcome::success, 1); });
        on.component("fail, to be retried", plan,
                     [&] { return end(core, queue::outcome::retryable_failure, 0); });
        on.component("fail for good", plan,
                     [&] { return end(core, queue::outcome::permanent_failure, 1); });
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "queue_operations", "Each operation of a queue by itself.",
                      measure_all);
}
