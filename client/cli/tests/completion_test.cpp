#include "completion.hpp"

#include "command_line.hpp"

#include "tasker/process/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

namespace tasker::cli {

namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::string script() {
    command_line line;
    add_all_commands(line);
    return bash_completion(line.root());
}

process::completed run_bash(std::string input) {
    return process::run_program({.argv = {"bash", "--norc"}, .input = std::move(input)},
                                steady_clock::now() + 30s)
        .value();
}

/// What bash offers for the last of the words.
std::vector<std::string> complete(std::vector<std::string> const& words) {
    std::string commands = script() + "COMP_WORDS=(tasker";
    for (auto const& word : words) {
        commands += " '" + word + "'";
    }
    commands += ")\nCOMP_CWORD=" + std::to_string(words.size()) +
                "\n_tasker_complete\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    auto const done = run_bash(std::move(commands));
    EXPECT_TRUE(done.status.is_success()) << done.err;
    EXPECT_EQ(done.err, "");
    std::vector<std::string> offers;
    std::istringstream lines{done.out};
    for (std::string each; std::getline(lines, each);) {
        if (!each.empty()) {
            offers.push_back(each);
        }
    }
    return offers;
}

TEST(Completion, IsBashWithoutErrors) {
    auto const checked =
        process::run_program({.argv = {"bash", "-n"}, .input = script()}, steady_clock::now() + 30s)
            .value();
    EXPECT_TRUE(checked.status.is_success()) << checked.err;
}

TEST(Completion, NamesEachOptionOnceInACase) {
    auto const checked = process::run_program({.argv = {"shellcheck", "-"}, .input = script()},
                                              steady_clock::now() + 30s)
                             .value();
    EXPECT_TRUE(checked.status.is_success()) << checked.out;
}

TEST(Completion, OffersCommands) {
    auto const offers = complete({""});
    for (auto const* command : {"dev", "task", "template", "migrate", "health", "completion"}) {
        EXPECT_THAT(offers, Contains(command));
    }
    EXPECT_THAT(complete({"ta"}), ElementsAre("task"));
    EXPECT_THAT(complete({"task", "c"}),
                ElementsAre("create", "children", "cancel", "compensation"));
}

TEST(Completion, OffersOptionsOfTheChosenCommand) {
    EXPECT_THAT(complete({"task", "create", "order", "--pr"}), ElementsAre("--priority"));
    EXPECT_THAT(complete({"task", "get", "--"}), Contains("--field"));
    EXPECT_THAT(complete({"task", "get", "--"}), Not(Contains("--priority")));
}

TEST(Completion, SkipsOptionsAndTheirValues) {
    EXPECT_THAT(complete({"--url", "task", "--json", "template", "sh"}), ElementsAre("show"));
}

TEST(Completion, OffersTheValuesOfAnOption) {
    EXPECT_THAT(complete({"task", "list", "--state", "f"}), ElementsAre("failed"));
    EXPECT_THAT(complete({"template", "graph", "x", "--format", ""}),
                ElementsAre("mermaid", "dot"));
    EXPECT_THAT(complete({"task", "list", "-s", "comp"}), ElementsAre("complete"));
    EXPECT_THAT(complete({"completion", ""}), Contains("bash"));
}

TEST(Completion, OffersFilesForFileArguments) {
    EXPECT_THAT(complete({"template", "validate", "/etc/pass"}), Contains("/etc/passwd"));
    EXPECT_THAT(complete({"dev", "--data", "/us"}), Contains("/usr"));
    EXPECT_THAT(complete({"task", "create", "--key", ""}), IsEmpty());
}

} // namespace

} // namespace tasker::cli
