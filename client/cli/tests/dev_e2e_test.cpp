#include "folder_processes.hpp"
#include "tasker_program.hpp"

#include "tasker/base/time.hpp"
#include "tasker/process/child_process.hpp"
#include "tasker/testing/service.hpp"
#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace tasker::cli {

namespace {

using ::testing::HasSubstr;
using testing::soon;

/// `tasker dev` in a folder that is gone with the test.
class Dev : public ::testing::Test {
protected:
    Dev() {
        // So that user postgres gets in, and the cluster stays where the test looks for it.
        std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all |
                                                         std::filesystem::perms::group_exec |
                                                         std::filesystem::perms::others_exec);
    }

    std::filesystem::path data() const {
        return folder_ / "data";
    }

    std::vector<std::string> command(std::vector<std::string> args) const {
        args.insert(args.begin(), {testing::program_path("tasker"), "dev", "--data", data(),
                                   "--worker-port", "0"});
        return args;
    }

    process::completed run(std::vector<std::string> args) const {
        return process::run_program({.argv = command(std::move(args))}, soon()).value();
    }

    /// Starts it, and waits until it is up.
    void start(std::vector<std::string> args = {"--port", "0"}) {
        auto const ready = folder_ / "url";
        std::filesystem::remove(ready);
        std::filesystem::remove(output_file());
        args.insert(args.end(), {"--ready-file", ready});
        dev_.emplace(
            process::child_process::start(
                {.argv = command(std::move(args)), .out = output_file(), .err = output_file()})
                .value());
        ASSERT_TRUE(testing::wait_until(
            soon(), [&] { return std::filesystem::exists(ready) || dev_->poll().has_value(); }));
        ASSERT_TRUE(std::getline(std::ifstream{ready}, url_)) << output();
    }

    process::exit_status stop(int signal = SIGINT) {
        return dev_->stop(steady_clock::now() + std::chrono::minutes{1}, signal);
    }

    std::filesystem::path output_file() const {
        return folder_ / "output";
    }

    std::string output() const {
        std::ifstream file{output_file()};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    tasker_program tasker() const {
        return tasker_program{url_};
    }

    void register_quick_template() const {
        register_template("quick", "{callable: tasker.noop}");
    }

    void register_template(std::string const& name, std::string const& handler) const {
        auto const file = folder_ / (name + ".yaml");
        std::ofstream{file} << "name: " << name << "\nversion: 1.0.0\nsteps:\n"
                            << "  - {name: only, handler: " << handler << "}\n";
        auto const done = tasker().run({"template", "register", file});
        EXPECT_EQ(done.status.code, 0) << done.err;
    }

    std::optional<running_process> service_process(std::string_view program) const {
        for (auto const& each : processes_of(data())) {
            if (each.command_line.find(program) != std::string::npos &&
                each.command_line.find("tasker dev") == std::string::npos) {
                return each;
            }
        }
        return std::nullopt;
    }

    testing::temporary_folder folder_;
    std::optional<process::child_process> dev_;
    std::string url_;
};

TEST_F(Dev, ShowsNoPasswordOfAGivenDatabase) {
    testing::test_database const database;
    for (std::vector<std::string> const& format : {{}, std::vector<std::string>{"--json"}}) {
        std::vector<std::string> args{"--port", "0", "--database-url",
                                      database.dsn() + " password=s3cret"};
        args.insert(args.end(), format.begin(), format.end());
        start(args);
        EXPECT_TRUE(testing::wait_until(soon(), [&] {
            return output().find(" dbname=" + database.name()) != std::string::npos;
        })) << output();
        EXPECT_EQ(stop().code, 0);
        EXPECT_THAT(output(), ::testing::Not(HasSubstr("s3cret")));
    }
}

TEST_F(Dev, RunsWorkflowsUntilCtrlCAndLeavesNothingBehind) {
    start();
    EXPECT_THAT(output(), HasSubstr(url_));
    EXPECT_THAT(output(), HasSubstr("export DATABASE_URL=\"host="));
    register_quick_template();
    auto const done = tasker().run({"task", "create", "quick", "--wait", "--field", "/state"});
    EXPECT_EQ(done.out, "complete\n") << done.err << output();

    EXPECT_EQ(stop(), (process::exit_status{0, 0})) << output();
    EXPECT_THAT(output(), HasSubstr("stopping the worker\nstopping the orchestrator\n"
                                    "stopping PostgreSQL\nstopped\n"));
    EXPECT_EQ(processes_of(data()).size(), 0U);
}

TEST_F(Dev, WorkersCallServicesOfThisHost) {
    start();
    register_template("call", "{callable: tasker.http, initialization: {url: \"" + url_ +
                                  "/health/live\"}}");
    auto const done = tasker().run({"task", "create", "call", "--wait", "--field", "/state"});
    EXPECT_EQ(done.out, "complete\n") << done.err << output();
    EXPECT_EQ(stop().code, 0);
}

TEST_F(Dev, KeepsItsDataUnlessFresh) {
    start();
    register_quick_template();
    EXPECT_EQ(stop(SIGTERM), (process::exit_status{0, 0}));
    start();
    EXPECT_EQ(tasker().run_for_json({"template", "list"})["templates"].size(), 1U);
    EXPECT_EQ(stop(), (process::exit_status{0, 0}));
    start({"--port", "0", "--fresh"});
    EXPECT_EQ(tasker().run_for_json({"template", "list"})["templates"].size(), 0U);
    EXPECT_EQ(stop(), (process::exit_status{0, 0}));
}

TEST_F(Dev, RefusesAFolderInUse) {
    start({"--port", "0", "--no-worker"});
    auto const second = run({"--port", "0"});
    EXPECT_EQ(second.status.code, 1);
    EXPECT_THAT(second.err, HasSubstr("process " + std::to_string(dev_->pid())));
    EXPECT_THAT(second.err, HasSubstr(data().string()));
    // At first it does not listen for notifications.
    EXPECT_TRUE(
        testing::wait_until(soon(), [&] { return tasker().run({"health"}).status.code == 0; }));
    EXPECT_EQ(service_process("tasker-worker"), std::nullopt);
}

TEST_F(Dev, RestartsProcessesThatEnd) {
    start();
    for (auto const* program : {"tasker-worker", "tasker-orchestrator", "bin/postgres "}) {
        auto const victim = service_process(program);
        ASSERT_TRUE(victim.has_value()) << program;
        ASSERT_EQ(::kill(victim->pid, SIGKILL), 0);
        EXPECT_TRUE(testing::wait_until(soon(),
                                        [&] {
                                            auto const successor = service_process(program);
                                            return successor && successor->pid != victim->pid;
                                        }))
            << program << '\n'
            << output();
        // The address has stayed the same.
        EXPECT_TRUE(
            testing::wait_until(soon(), [&] { return tasker().run({"health"}).status.code == 0; }))
            << program << '\n'
            << output();
    }
    EXPECT_THAT(output(), HasSubstr("the worker ended (signal 9 (Killed)); starting it again"));
    EXPECT_THAT(output(), HasSubstr("PostgreSQL ended; starting it again"));
    EXPECT_EQ(stop(), (process::exit_status{0, 0})) << output();
    EXPECT_EQ(processes_of(data()).size(), 0U);
}

TEST_F(Dev, LeavesNothingBehindWhenItIsKilled) {
    start();
    stop(SIGKILL);
    EXPECT_TRUE(testing::wait_until(soon(), [&] { return processes_of(data()).empty(); }));
}

TEST_F(Dev, PrintsItsAddressesInJson) {
    start({"--port", "0", "--workers", "2", "--json"});
    auto const text = output();
    auto const begin = text.find('{');
    ASSERT_NE(begin, std::string::npos) << text;
    auto const addresses =
        nlohmann::json::parse(text.substr(begin, text.find('\n', begin) - begin));
    EXPECT_EQ(addresses["url"], url_);
    EXPECT_EQ(addresses["worker_urls"].size(), 2U);
    EXPECT_EQ(addresses["data"], data().string());
    for (std::string const url : addresses["worker_urls"]) {
        EXPECT_EQ(tasker_program{url}.run({"health"}).status.code, 0);
    }
}

TEST_F(Dev, WorkersAvoidPortsThatOtherProgramsMayExpect) {
    start({"--port", "0", "--workers", "2", "--json"});
    for (int port = 8081; port <= 8100; ++port) {
        EXPECT_THAT(output(), Not(HasSubstr("http://127.0.0.1:" + std::to_string(port) + "\"")));
    }
}

TEST_F(Dev, ReportsAPortInUse) {
    boost::asio::io_context context;
    boost::asio::ip::tcp::acceptor const taken{context,
                                               {boost::asio::ip::make_address("127.0.0.1"), 0}};
    auto const port = std::to_string(taken.local_endpoint().port());
    auto const done = run({"--port", port});
    EXPECT_EQ(done.status.code, 1);
    EXPECT_THAT(done.err, HasSubstr("port " + port + " is taken"));
    EXPECT_EQ(processes_of(data()).size(), 0U);
}

TEST_F(Dev, PassesSettingsToItsWorkers) {
    auto const settings = folder_ / "worker.toml";
    std::ofstream{settings} << "concurrency = 0\n";
    auto const refused = run({"--port", "0", "--worker-config", settings});
    EXPECT_EQ(refused.status.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("concurrency must be from 1 to 1024, not 0"));
}

TEST_F(Dev, RefusesAMissingWorkerProgramBeforeItStartsAnything) {
    for (std::string const program : {"/no/such/worker", "nosuch.py"}) {
        auto const done = run({"--port", "0", "--worker-program", program});
        EXPECT_EQ(done.status.code, 2);
        EXPECT_EQ(done.err, "tasker: --worker-program " + program + ": no such file\n");
        EXPECT_FALSE(std::filesystem::exists(data()));
    }
}

TEST_F(Dev, ReportsWhyAServiceDoesNotStart) {
    auto const wrong = run({"--port", "0", "--namespaces", "Not_One"});
    EXPECT_EQ(wrong.status.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("the worker ended while starting"));
    EXPECT_THAT(wrong.err, HasSubstr("Not_One"));
    EXPECT_EQ(processes_of(data()).size(), 0U);
}

} // namespace

} // namespace tasker::cli
