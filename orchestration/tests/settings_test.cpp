#include "tasker/orchestration/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tasker::orchestration {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The variables that settings read are absent, unless the test sets them.
class Settings : public ::testing::Test {
protected:
    Settings() {
        for (auto const* name :
             {"DATABASE_URL", "TASKER_ORCHESTRATOR_LISTEN", "TASKER_ORCHESTRATOR_ALLOWED_HOSTS",
              "TASKER_ENV", "TASKER_LOG_LEVEL", "TASKER_LOG_FORMAT"}) {
            unsetenv(name);
        }
    }

    ~Settings() override {
        std::filesystem::remove(path_);
    }

    config::loaded<settings> load(std::string const& text, setting_overrides overrides = {}) {
        std::ofstream{path_} << text;
        overrides.file = path_;
        return load_settings(overrides);
    }

    static std::vector<std::string> texts(std::vector<config::config_problem> const& problems) {
        std::vector<std::string> all;
        all.reserve(problems.size());
        for (auto const& each : problems) {
            all.push_back(config::to_string(each));
        }
        return all;
    }

    std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                  ("orchestrator-settings-" + std::to_string(getpid()) + ".toml");
};

TEST_F(Settings, DefaultsAreValidExceptForTheDatabase) {
    EXPECT_THAT(texts(load("").problems),
                ElementsAre(::testing::StartsWith("database.url must be set")));
    EXPECT_THAT(load("[database]\nurl = \"postgresql://h/d\"").problems, IsEmpty());
}

TEST_F(Settings, FileOfTheRepositoryHoldsEveryKeyWithItsDefault) {
    auto const loaded = load_settings(
        {.file = TASKER_ORCHESTRATOR_TOML, .database_url = "x", .listen = {}, .environment = {}});
    EXPECT_THAT(texts(loaded.problems), IsEmpty());
    settings const defaults;
    EXPECT_EQ(loaded.values.http.listen, defaults.http.listen);
    EXPECT_EQ(loaded.values.http.max_received_bytes, defaults.http.max_received_bytes);
    EXPECT_EQ(loaded.values.http.idle_timeout_ms, defaults.http.idle_timeout_ms);
    EXPECT_EQ(loaded.values.database.timeout_ms, defaults.database.timeout_ms);
    EXPECT_EQ(loaded.values.creation.max_batch, defaults.creation.max_batch);
    EXPECT_EQ(loaded.values.wait.poll_ms, defaults.wait.poll_ms);
    EXPECT_EQ(loaded.values.due.poll_ms, defaults.due.poll_ms);
    EXPECT_EQ(loaded.values.stop_timeout_ms, defaults.stop_timeout_ms);
}

TEST_F(Settings, CommandLineOverridesEnvironmentAndEnvironmentOverridesFile) {
    setenv("DATABASE_URL", "from-environment", 1);
    setenv("TASKER_ENV", "staging", 1);
    auto const loaded =
        load("environment = \"file\"\n[database]\nurl = \"file\"\n"
             "[http]\nlisten = \"127.0.0.1:1\"",
             {.file = {}, .database_url = "from-command-line", .listen = {}, .environment = {}});
    EXPECT_THAT(texts(loaded.problems), IsEmpty());
    EXPECT_EQ(loaded.values.database.url, "from-command-line");
    EXPECT_EQ(loaded.values.environment, "staging");
    EXPECT_EQ(loaded.values.http.listen, "127.0.0.1:1");
}

TEST_F(Settings, AllProblemsAreReportedTogether) {
    auto const loaded = load("[http]\nmax_conections = 1\nmax_body_bytes = 1\n"
                             "[creation]\nmax_in_flight = 9\n[log]\nlevel = \"loud\"");
    EXPECT_THAT(
        texts(loaded.problems),
        ::testing::UnorderedElementsAre(
            ::testing::AllOf(::testing::HasSubstr("max_conections"),
                             ::testing::HasSubstr("max_connections")),
            ::testing::StartsWith("http.max_body_bytes must be from 1024 to 67108864, not 1"),
            ::testing::StartsWith("creation.max_in_flight must not exceed"),
            ::testing::StartsWith("database.url"),
            ::testing::HasSubstr("log.level must be one of")));
}

TEST_F(Settings, AllowedHostsAreNamesWithoutPorts) {
    setenv("TASKER_ORCHESTRATOR_ALLOWED_HOSTS", "api.example.org,orchestrator", 1);
    auto const loaded = load("[http]\nallowed_hosts = ['file']\n[database]\nurl = 'x'");
    EXPECT_THAT(texts(loaded.problems), IsEmpty());
    EXPECT_THAT(loaded.values.http.allowed_hosts, ElementsAre("api.example.org", "orchestrator"));
    unsetenv("TASKER_ORCHESTRATOR_ALLOWED_HOSTS");
    EXPECT_THAT(
        texts(load("[http]\nallowed_hosts = ['a', 'a:80']\n[database]\nurl = 'x'").problems),
        ElementsAre(::testing::StartsWith("http.allowed_hosts \"a:80\" must be a host name")));
}

TEST_F(Settings, ExampleConfigurationsAreValid) {
    auto const config = std::filesystem::path{TASKER_ORCHESTRATOR_TOML}.parent_path();
    for (auto const* each : {"low_latency", "high_throughput", "io_bound"}) {
        auto const file = config / each / "orchestrator.toml";
        ASSERT_TRUE(std::filesystem::exists(file)) << file;
        auto const loaded = load_settings({.file = file, .database_url = "x"});
        EXPECT_THAT(loaded.problems, IsEmpty()) << file;
    }
}

} // namespace
} // namespace tasker::orchestration
