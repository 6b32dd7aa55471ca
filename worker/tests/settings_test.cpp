#include "tasker/worker/settings.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace tasker::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Tests read the environment of their caller, which must not have these variables.
class WorkerSettings : public testing::Test {
protected:
    WorkerSettings() {
        for (auto const* const name :
             {"DATABASE_URL", "TASKER_NAMESPACES", "TASKER_WORKER_LISTEN",
              "TASKER_WORKER_ALLOWED_HOSTS", "TASKER_HTTP_PRIVATE_ADDRESSES",
              "TASKER_WEBHOOK_SECRETS", "TASKER_LOG_LEVEL", "TASKER_LOG_FORMAT"}) {
            unsetenv(name);
        }
        path_ = std::filesystem::path{testing::TempDir()} /
                (std::string{"worker_settings_"} +
                 testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml");
    }

    ~WorkerSettings() override {
        std::filesystem::remove(path_);
    }

    config::loaded<settings> load(std::string const& toml, setting_overrides overrides = {}) {
        std::ofstream{path_} << toml;
        overrides.file = path_;
        return load_settings(overrides);
    }

    static settings valid() {
        settings chosen;
        chosen.database.url = "postgres://localhost/tasker";
        return chosen;
    }

    std::filesystem::path path_;
};

TEST_F(WorkerSettings, DefaultsNeedOnlyADatabase) {
    EXPECT_THAT(valid().validate(), IsEmpty());
    auto const problems = settings{}.validate();
    ASSERT_THAT(problems, SizeIs(1));
    EXPECT_EQ(problems[0].path, "database.url");
}

TEST_F(WorkerSettings, AllProblemsAreReportedTogether) {
    auto chosen = valid();
    chosen.concurrency = 0;
    chosen.lease_seconds = 1;
    chosen.namespaces = {"ok", "Bad", "ok"};
    chosen.health.allowed_hosts = {"worker", "worker:8081"};
    chosen.shell.environment = {"DATABASE_URL", "TASKER_WEBHOOK_SECRETS"};
    std::vector<std::string> paths;
    for (auto const& each : chosen.validate()) {
        paths.push_back(each.path);
    }
    EXPECT_THAT(paths,
                ElementsAre("concurrency", "lease_seconds", "poll_ms", "namespaces", "namespaces",
                            "health.allowed_hosts", "shell.environment", "shell.environment"));
}

TEST_F(WorkerSettings, PollIntervalIsShorterThanTheLease) {
    auto const problems_of = [this](std::string const& toml, setting_overrides overrides = {}) {
        overrides.database_url = "x";
        std::vector<std::string> messages;
        for (auto const& each : load(toml, overrides).problems) {
            messages.push_back(config::to_string(each));
        }
        return messages;
    };
    EXPECT_THAT(problems_of("poll_ms = 29_999\n"), IsEmpty());
    EXPECT_THAT(problems_of("poll_ms = 600_000\nlease_seconds = 601\n"), IsEmpty());
    EXPECT_THAT(
        problems_of("poll_ms = 30_000\n"),
        ElementsAre("poll_ms must be below lease_seconds (30, which is 30000 ms), not 30000"));
    EXPECT_THAT(problems_of("poll_ms = 5_000\n", {.lease_seconds = 4}),
                ElementsAre("poll_ms must be below lease_seconds (4, which is 4000 ms), not 5000"));
}

TEST_F(WorkerSettings, PrivateAddressesAreRefusedUnlessAllowed) {
    EXPECT_EQ(load("").values.http.private_addresses, address_policy::refuse);
    EXPECT_EQ(load("[http]\nprivate_addresses = 'allow'\n").values.http.private_addresses,
              address_policy::allow);
    setenv("TASKER_HTTP_PRIVATE_ADDRESSES", "allow", 1);
    EXPECT_EQ(load("").values.http.private_addresses, address_policy::allow);
    setenv("TASKER_HTTP_PRIVATE_ADDRESSES", "perhaps", 1);
    EXPECT_THAT(load("").problems, testing::Not(IsEmpty()));
    unsetenv("TASKER_HTTP_PRIVATE_ADDRESSES");
}

TEST_F(WorkerSettings, AllowedHostsAreComparableNames) {
    auto chosen = valid();
    chosen.http.allowed_hosts = {"api.example.org", "10.0.0.1", "fd00::1"};
    EXPECT_THAT(chosen.validate(), IsEmpty());
    for (auto const* const wrong : {"", "API.example.org", "http://api", "api:80", "api/x", "a b",
                                    "api.", "[fd00::1]", "u@api"}) {
        chosen.http.allowed_hosts = {wrong};
        EXPECT_THAT(chosen.validate(), SizeIs(1)) << wrong;
    }
}

TEST_F(WorkerSettings, SecretsAreReadByNameAndNeverShown) {
    std::string const secret(16, 's');
    auto const from_file = load("[webhooks.secrets]\nbilling = '" + secret + "'\n");
    EXPECT_EQ(from_file.values.webhooks.secrets, (config::texts_by_name{{"billing", secret}}));
    setenv("TASKER_WEBHOOK_SECRETS", ("a=" + secret + ",b=" + secret + "=").c_str(), 1);
    auto const from_environment = load("[webhooks.secrets]\nbilling = 'x'\n");
    unsetenv("TASKER_WEBHOOK_SECRETS");
    EXPECT_EQ(from_environment.values.webhooks.secrets,
              (config::texts_by_name{{"a", secret}, {"b", secret + "="}}));

    auto chosen = valid();
    chosen.webhooks.secrets = {{"least", secret}, {"most", std::string(1'024, 's')}};
    EXPECT_THAT(chosen.validate(), IsEmpty());
    chosen.webhooks.secrets = {
        {"long", std::string(1'025, 's')}, {"no name", secret}, {"short", std::string(15, 's')}};
    std::vector<std::string> problems;
    for (auto const& each : chosen.validate()) {
        problems.push_back(config::to_string(each));
        EXPECT_THAT(problems.back(), testing::Not(HasSubstr("sss")));
    }
    EXPECT_THAT(problems, ElementsAre("webhooks.secrets.long must have 16 to 1024 bytes",
                                      HasSubstr("webhooks.secrets a name must be 1 to 128 letters"),
                                      "webhooks.secrets.short must have 16 to 1024 bytes"));
}

TEST_F(WorkerSettings, CommandLineOverridesEnvironmentAndEnvironmentOverridesFile) {
    setenv("TASKER_NAMESPACES", "one,two", 1);
    setenv("TASKER_WORKER_LISTEN", "127.0.0.1:2", 1);
    setenv("TASKER_WORKER_ALLOWED_HOSTS", "worker", 1);
    auto const loaded = load("namespaces = ['file']\nconcurrency = 3\nmax_prefetch = 7\n"
                             "[database]\nurl = 'file'\n[health]\nlisten = '127.0.0.1:1'\n",
                             {.listen = "127.0.0.1:3", .concurrency = 5});
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.values.database.url, "file");
    EXPECT_EQ(loaded.values.max_prefetch, 7);
    EXPECT_THAT(loaded.values.namespaces, ElementsAre("one", "two"));
    EXPECT_EQ(loaded.values.health.listen, "127.0.0.1:3");
    EXPECT_THAT(loaded.values.health.allowed_hosts, ElementsAre("worker"));
    EXPECT_EQ(loaded.values.concurrency, 5);
}

TEST_F(WorkerSettings, UnknownKeyIsAProblemWithASuggestion) {
    auto const loaded = load("concurency = 3\n", {.database_url = "x"});
    ASSERT_THAT(loaded.problems, SizeIs(1));
    EXPECT_THAT(config::to_string(loaded.problems[0]), HasSubstr("concurrency"));
}

TEST_F(WorkerSettings, ExampleConfigurationsAreValid) {
    for (auto const* each : {"low_latency", "high_throughput", "io_bound"}) {
        auto const file = std::filesystem::path{TASKER_SOURCE_DIR "/config"} / each / "worker.toml";
        ASSERT_TRUE(std::filesystem::exists(file)) << file;
        auto const loaded = load_settings({.file = file, .database_url = "x"});
        EXPECT_THAT(loaded.problems, IsEmpty()) << file;
    }
}

TEST_F(WorkerSettings, TheFileInConfigListsEveryKeyWithItsDefault) {
    std::filesystem::path const shipped = TASKER_SOURCE_DIR "/config/worker.toml";
    auto const loaded = load_settings({.file = shipped, .database_url = "x"});
    EXPECT_THAT(loaded.problems, IsEmpty());
    auto const& read = loaded.values;
    settings const built_in;
    EXPECT_EQ(read.namespaces, built_in.namespaces);
    EXPECT_EQ(read.concurrency, built_in.concurrency);
    EXPECT_EQ(read.max_prefetch, built_in.max_prefetch);
    EXPECT_EQ(read.lease_seconds, built_in.lease_seconds);
    EXPECT_EQ(read.poll_ms, built_in.poll_ms);
    EXPECT_EQ(read.shutdown_grace_ms, built_in.shutdown_grace_ms);
    EXPECT_EQ(read.max_result_bytes, built_in.max_result_bytes);
    EXPECT_EQ(read.database.report_connections, built_in.database.report_connections);
    EXPECT_EQ(read.database.startup_timeout_ms, built_in.database.startup_timeout_ms);
    EXPECT_EQ(read.health.listen, built_in.health.listen);
    EXPECT_EQ(read.http.timeout_ms, built_in.http.timeout_ms);
    EXPECT_EQ(read.http.max_response_bytes, built_in.http.max_response_bytes);
    EXPECT_EQ(read.http.private_addresses, built_in.http.private_addresses);
    EXPECT_EQ(read.http.allowed_hosts, built_in.http.allowed_hosts);
    EXPECT_EQ(read.webhooks.secrets, built_in.webhooks.secrets);
    EXPECT_EQ(read.shell.enabled, built_in.shell.enabled);
    EXPECT_EQ(read.shell.environment, built_in.shell.environment);
    EXPECT_EQ(read.shell.max_output_bytes, built_in.shell.max_output_bytes);
    EXPECT_EQ(read.shell.kill_after_ms, built_in.shell.kill_after_ms);
}

} // namespace
} // namespace tasker::worker
