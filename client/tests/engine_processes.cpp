#include "engine_processes.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <memory>
#include <utility>

namespace tasker::engine {

namespace {

constexpr std::chrono::seconds finish_limit{60};

} // namespace

programs::programs(std::string dsn) : stage_{folder_ / "stage"}, dsn_{std::move(dsn)} {
    std::ofstream{folder_ / "worker.toml"} << "poll_ms = 1_000\n";
}

testing::service& programs::start_orchestrator() {
    return *orchestrators_.emplace_back(std::make_unique<testing::service>(
        "tasker-orchestrator", std::vector<std::string>{},
        std::vector{"DATABASE_URL=" + dsn_, std::string{"TASKER_ENV"}}));
}

testing::service& programs::start_worker(std::vector<std::string> args) {
    return start_any_worker("tasker-worker", std::move(args));
}

testing::service& programs::start_test_worker(std::vector<std::string> args) {
    return start_any_worker("tasker-test-worker", std::move(args));
}

testing::service& programs::start_any_worker(std::string_view program,
                                             std::vector<std::string> args) {
    args.insert(args.begin(), {"--config", folder_ / "worker.toml"});
    return *workers_.emplace_back(std::make_unique<testing::service>(
        program, std::move(args),
        std::vector{"DATABASE_URL=" + dsn_, std::string{"TASKER_NAMESPACES=default"},
                    "TASKER_TEST_STAGE=" + stage_.socket().string(),
                    "TASKER_TEST_JOURNAL=" + (folder_ / "journal").string()}));
}

client::client programs::connect(std::size_t orchestrator) const {
    return client::client{"http://" + address(orchestrator)};
}

std::string const& programs::address(std::size_t orchestrator) const {
    return orchestrators_.at(orchestrator)->address();
}

std::vector<journal_line> programs::journal() const {
    std::ifstream file{folder_ / "journal"};
    std::vector<journal_line> out;
    for (journal_line line;
         file >> line.task >> line.step >> line.delivery >> line.begin_ns >> line.end_ns;) {
        out.push_back(line);
    }
    return out;
}

void register_template(client::client& at, std::string_view json) {
    at.register_template(json, client::template_format::json).value();
}

task_id create_task(client::client& at, std::string_view name, std::string_view context) {
    return at.create_task({.name = std::string{name}, .context = std::string{context}}).value().id;
}

wire::task_view wait_until_finished(client::client& at, task_id id) {
    return at.wait(id, finish_limit).value();
}

std::map<std::string, std::int64_t> numbers_in(wire::task_view const& task) {
    return nlohmann::json::parse(task.result.value_or("{}"))
        .get<std::map<std::string, std::int64_t>>();
}

std::map<std::string, wire::step_view> steps_of(client::client& at, task_id id) {
    std::map<std::string, wire::step_view> out;
    for (auto& step : at.all_steps(id).value()) {
        auto name = step.name;
        out.emplace(std::move(name), std::move(step));
    }
    return out;
}

} // namespace tasker::engine
