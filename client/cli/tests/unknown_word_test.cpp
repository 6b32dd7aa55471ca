#include "unknown_word.hpp"

#include "command_line.hpp"

#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

class UnknownWord : public ::testing::Test {
protected:
    UnknownWord() {
        add_all_commands(line_);
    }

    std::string find(std::vector<std::string> const& words) {
        auto const found = find_unknown_word(line_.root(), words);
        return found ? to_string(*found) : std::string{};
    }

    command_line line_;
};

TEST_F(UnknownWord, IsReportedWithTheNearestCommand) {
    EXPECT_EQ(find({"tsk", "list"}), "tasker: there is no command \"tsk\"; did you mean \"task\"?\n"
                                     "See: tasker --help");
    EXPECT_EQ(find({"task", "crate", "order"}),
              "tasker task: there is no command \"crate\"; did you mean \"create\"?\n"
              "See: tasker task --help");
}

TEST_F(UnknownWord, IsReportedWithTheNearestOption) {
    EXPECT_EQ(find({"task", "create", "order", "--priorty=high"}),
              "tasker task create: there is no option \"--priorty\"; did you mean "
              "\"--priority\"?\nSee: tasker task create --help");
}

TEST_F(UnknownWord, IsReportedWithoutASuggestionIfNothingIsSimilar) {
    EXPECT_EQ(find({"task", "list", "--xyzzy"}),
              "tasker task list: there is no option \"--xyzzy\"\nSee: tasker task list --help");
}

TEST_F(UnknownWord, IsNotTheValueOfAnOption) {
    EXPECT_EQ(find({"task", "list", "--state", "failed", "--limit=3"}), "");
    EXPECT_EQ(find({"--url", "http://a", "task", "get", "some-id", "--json"}), "");
    EXPECT_EQ(find({"task", "create", "order", "--context", "-", "--wait"}), "");
    EXPECT_EQ(find({"task", "create", "--", "--odd-name"}), "");
    EXPECT_EQ(find({}), "");
}

TEST_F(UnknownWord, OptionsOfAllCommandsHaveHelpWithAnExample) {
    std::vector<CLI::App const*> open{&line_.root()};
    while (!open.empty()) {
        auto const* command = open.back();
        open.pop_back();
        auto const below = commands_of(*command);
        open.insert(open.end(), below.begin(), below.end());
        EXPECT_FALSE(command->get_description().empty()) << full_name(*command);
        if (below.empty()) {
            EXPECT_NE(command->get_footer().find("Example:\n  "), std::string::npos)
                << full_name(*command);
        }
        for (auto const* option : command->get_options()) {
            EXPECT_FALSE(option->get_description().empty())
                << full_name(*command) << ' ' << option->get_name();
        }
    }
}

} // namespace

} // namespace tasker::cli
