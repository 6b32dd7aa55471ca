#include "engine.hpp"

#include <fstream>

namespace tasker::cli {

namespace {

std::vector<std::string> with_database(testing::test_database const& database) {
    return {"DATABASE_URL=" + database.dsn()};
}

} // namespace

Engine::Engine()
    : orchestrator_{"tasker-orchestrator", {}, with_database(database_)},
      tasker_{"http://" + orchestrator_.address()} {}

void Engine::start_worker() {
    worker_.emplace("tasker-worker", std::vector<std::string>{}, with_database(database_));
}

std::filesystem::path Engine::write_template(std::string_view yaml) const {
    auto const file = folder_ / "template.yaml";
    std::ofstream{file} << yaml;
    return file;
}

void Engine::register_template(std::string_view yaml) const {
    auto const done = tasker_.run({"template", "register", write_template(yaml)});
    ASSERT_TRUE(done.status.is_success()) << done.err;
}

std::string Engine::create(std::vector<std::string> args) const {
    args.insert(args.begin(), {"task", "create"});
    auto const done = tasker_.run(std::move(args));
    EXPECT_TRUE(done.status.is_success()) << done.err;
    return done.out.substr(0, done.out.find('\n'));
}

} // namespace tasker::cli
