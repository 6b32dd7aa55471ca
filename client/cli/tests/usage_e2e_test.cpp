#include "tasker_program.hpp"

#include "tasker/testing/service.hpp"
#include "tasker/testing/test_database.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <thread>

namespace tasker::cli {

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// No program listens on port 1.
class Usage : public ::testing::Test {
protected:
    tasker_program const tasker_{"http://127.0.0.1:1"};
};

TEST_F(Usage, AMissingServerIsReportedWithAdvice) {
    for (auto const& args : std::vector<std::vector<std::string>>{
             {"health"}, {"task", "list"}, {"task", "create", "quick"}, {"template", "list"}}) {
        auto const done = tasker_.run(args);
        EXPECT_EQ(done.status.code, 5);
        EXPECT_EQ(done.out, "");
        EXPECT_THAT(done.err,
                    HasSubstr("cannot connect to http://127.0.0.1:1: Connection refused"));
        EXPECT_THAT(done.err, HasSubstr("tasker dev"));
    }
}

TEST_F(Usage, AFullDiskIsAFailure) {
    for (auto const* word : {"version", "--version", "--help"}) {
        auto const command = "exec \"$0\" " + std::string{word} + " >/dev/full";
        auto const done = process::run_program({.argv = {"sh", "-c", command,
                                                         testing::program_path("tasker").string()}},
                                               steady_clock::now() + std::chrono::seconds{30})
                              .value();
        EXPECT_EQ(done.status.code, 5) << word;
        EXPECT_EQ(done.err, "tasker: cannot write to the standard output\n");
    }
}

/// What `tasker health` does for this response of the server.
process::completed health_of(std::string const& body) {
    namespace asio = boost::asio;
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::jthread const server{[&] {
        auto peer = acceptor.accept();
        std::string received;
        asio::read_until(peer, asio::dynamic_buffer(received), "\r\n\r\n");
        asio::write(peer, asio::buffer("HTTP/1.1 200 OK\r\nContent-Length: " +
                                       std::to_string(body.size()) + "\r\n\r\n" + body));
    }};
    auto const port = std::to_string(acceptor.local_endpoint().port());
    return tasker_program{"http://127.0.0.1:" + port}.run({"health"});
}

TEST_F(Usage, HealthPrintsALineForEachCheckAndSetsTheExitCode) {
    EXPECT_EQ(health_of(R"({"status":"ok"})").status.code, 0);
    auto const degraded = health_of(R"({"status":"degraded","checks":{"database":"unavailable"}})");
    EXPECT_EQ(degraded.status.code, 1);
    EXPECT_EQ(degraded.out, "status    degraded\n"
                            "database  unavailable\n");
    EXPECT_EQ(health_of("{}").status.code, 1);
}

TEST_F(Usage, TheUrlOfTheCommandLineHasPrecedence) {
    EXPECT_THAT(tasker_.run({"health", "--url", "http://127.0.0.1:2"}).err,
                HasSubstr("127.0.0.1:2"));
    auto const https = tasker_.run({"--url", "https://example.org", "health"});
    EXPECT_EQ(https.status.code, 2);
    EXPECT_THAT(https.err, HasSubstr("https is not supported"));
}

TEST_F(Usage, AnUnknownWordIsReportedWithTheNearest) {
    auto const command = tasker_.run({"task", "crate", "quick"});
    EXPECT_EQ(command.status.code, 2);
    EXPECT_THAT(command.err, HasSubstr("did you mean \"create\"?"));
    auto const option = tasker_.run({"task", "create", "quick", "--contxt", "{}"});
    EXPECT_EQ(option.status.code, 2);
    EXPECT_THAT(option.err, HasSubstr("did you mean \"--context\"?"));
}

TEST_F(Usage, InvalidValuesAreReported) {
    for (auto const& args : std::vector<std::vector<std::string>>{
             {},
             {"task"},
             {"task", "get"},
             {"task", "get", "17"},
             {"task", "create", "an order"},
             {"task", "create", "quick", "--context", "{"},
             {"task", "create", "quick", "--priority", "top"},
             {"task", "create", "--wait", "quick", "quick"},
             {"task", "list", "--limit", "0"},
             {"task", "wait", "01990f5e-7c00-7a00-8000-000000000001", "--limit", "soon"},
             {"completion", "fish"},
             {"dev", "--fresh", "--database-url", "postgresql:///x"},
             {"dev", "--port", "many"},
             {"dev", "--worker-port", "65536"},
             {"task", "create", "quick", "--key", ""},
             {"migrate", "--database-url", "nonsense"},
             {"migrate"}}) {
        auto const done = tasker_.run(args);
        EXPECT_EQ(done.status.code, 2) << ::testing::PrintToString(args);
        EXPECT_EQ(done.out, "") << ::testing::PrintToString(args);
        EXPECT_NE(done.err, "") << ::testing::PrintToString(args);
    }
}

TEST_F(Usage, HelpAndVersionGoToStandardOutput) {
    auto const help = tasker_.run({"task", "create", "--help"});
    EXPECT_EQ(help.status.code, 0);
    EXPECT_EQ(help.err, "");
    EXPECT_THAT(help.out, HasSubstr("Example:\n  tasker task create"));
    EXPECT_THAT(tasker_.run({"version"}).out, StartsWith("tasker "));
    EXPECT_EQ("tasker " + tasker_.run({"--version"}).out, tasker_.run({"version"}).out);
    EXPECT_TRUE(tasker_.run_for_json({"version"}).contains("version"));
}

TEST_F(Usage, CompletionIsAScript) {
    auto const done = tasker_.run({"completion", "bash"});
    EXPECT_EQ(done.status.code, 0);
    EXPECT_THAT(done.out, HasSubstr("complete -F _tasker_complete tasker\n"));
}

TEST_F(Usage, MigrateCreatesTheSchemaAndCheckReportsIt) {
    auto const database = testing::test_database::empty();
    std::string const url = "--database-url=" + database.dsn();

    auto const before = tasker_.run({"migrate", url, "--check"});
    EXPECT_EQ(before.status.code, 1);
    EXPECT_THAT(before.err, HasSubstr("tasker migrate"));

    auto const made = tasker_.run({"migrate", url});
    EXPECT_EQ(made.status.code, 0) << made.err;
    EXPECT_THAT(made.out, HasSubstr("applied 0001_"));
    EXPECT_EQ(tasker_.run({"migrate", url, "--check"}).status.code, 0);
    EXPECT_THAT(tasker_.run({"migrate", url}).out, StartsWith("Nothing to do"));
    auto const json = tasker_.run_for_json({"migrate", url});
    EXPECT_EQ(json["from"], json["to"]);
    EXPECT_EQ(tasker_.run_for_json({"migrate", url, "--check"})["ready"], true);
}

TEST_F(Usage, MigrateReportsAFailedConnection) {
    auto const done =
        tasker_.run({"migrate", "--database-url", "postgresql://me:secret@127.0.0.1:1/x"});
    EXPECT_EQ(done.status.code, 5);
    EXPECT_EQ(done.err.find("secret"), std::string::npos) << done.err;
}

} // namespace

} // namespace tasker::cli
