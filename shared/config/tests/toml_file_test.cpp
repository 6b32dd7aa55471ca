#include "tasker/config/toml_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace tasker::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

enum class color { red, green };

std::optional<color> parse_color(std::string_view text) {
    if (text == "red") {
        return color::red;
    }
    return text == "green" ? std::optional{color::green} : std::nullopt;
}

struct settings {
    bool on = false;
    int count = 1;
    std::uint16_t port = 8080;
    double ratio = 0.5;
    std::string name = "none";
    std::vector<std::string> names = {"default"};
    std::optional<int> limit;
    color shade = color::red;
    texts_by_name keys = {{"a", "1"}};
};

void bind(reader& source, settings& into) {
    source.get("on", into.on);
    source.get("http.port", into.port);
    source.get("http.limits.count", into.count);
    source.get("http.limits.limit", into.limit);
    source.get("ratio", into.ratio);
    source.get("name", into.name);
    source.get("names", into.names);
    source.get("shade", into.shade, parse_color, "red, green");
    source.get("keys", into.keys);
}

/// A separate file for each test, removed with it.
class TomlFile : public testing::Test {
protected:
    ~TomlFile() override {
        std::filesystem::remove(path_);
    }

    reader open(std::string_view text) {
        std::ofstream{path_} << text;
        return reader::open(path_);
    }

    std::vector<config_problem> problems_of(std::string_view text) {
        auto source = open(text);
        bind(source, bound_);
        return source.finish();
    }

    std::filesystem::path path_ = std::filesystem::path{testing::TempDir()} /
                                  ("tasker_config_" + std::to_string(::getpid()) + ".toml");
    settings bound_;
};

TEST_F(TomlFile, FillsSettingsOfEveryKind) {
    EXPECT_THAT(problems_of(R"(
on = true
ratio = 2
name = "worker"
names = ["a", "b"]
shade = "green"
[http]
port = 65535
limits = { count = -3, limit = 9 }
[keys]
one = "1=1"
"two words" = ""
)"),
                IsEmpty());
    EXPECT_TRUE(bound_.on);
    EXPECT_EQ(bound_.port, 65535);
    EXPECT_EQ(bound_.count, -3);
    EXPECT_EQ(bound_.limit, 9);
    EXPECT_EQ(bound_.ratio, 2.0);
    EXPECT_EQ(bound_.name, "worker");
    EXPECT_THAT(bound_.names, ElementsAre("a", "b"));
    EXPECT_EQ(bound_.shade, color::green);
    EXPECT_EQ(bound_.keys, (texts_by_name{{"one", "1=1"}, {"two words", ""}}));
}

TEST_F(TomlFile, LeavesAbsentSettingsAtTheirDefaults) {
    EXPECT_THAT(problems_of(""), IsEmpty());
    EXPECT_EQ(bound_.port, 8080);
    EXPECT_EQ(bound_.limit, std::nullopt);
    EXPECT_THAT(bound_.names, ElementsAre("default"));
}

TEST_F(TomlFile, ReportsEveryWrongTypeWithItsLineAndKeepsTheSetting) {
    EXPECT_THAT(
        problems_of(R"(on = 1
name = 2
names = ["a", 3]
ratio = "half"
shade = "blue"
[http]
port = 65536
limits.count = 1.5
[keys]
one = 1
)"),
        ElementsAre(config_problem{"on", "must be a boolean, not an integer", 1},
                    config_problem{"name", "must be a string, not an integer", 2},
                    config_problem{"names", "must be an array of strings, not an array", 3},
                    config_problem{"ratio", "must be a number, not a string", 4},
                    config_problem{"shade", "must be one of red, green, not \"blue\"", 5},
                    config_problem{"http.port", "must be from 0 to 65535", 7},
                    config_problem{"http.limits.count", "must be an integer, not a number", 8},
                    config_problem{"keys", "must be a table of strings, not a table", 9}));
    EXPECT_FALSE(bound_.on);
    EXPECT_EQ(bound_.port, 8080);
    EXPECT_EQ(bound_.shade, color::red);
}

TEST_F(TomlFile, ReportsUnknownKeysWithTheNearestValidOne) {
    EXPECT_THAT(problems_of(R"(nmae = "x"
[htpp]
port = 1
[http]
prot = 1
weather = "fine"
[[http.servers]]
port = 2
)"),
                ElementsAre(config_problem{"nmae", "is unknown; did you mean name?", 1},
                            config_problem{"htpp", "is unknown; did you mean http?", 2},
                            config_problem{"http.prot", "is unknown; did you mean http.port?", 5},
                            config_problem{"http.weather", "is unknown", 6},
                            config_problem{"http.servers", "is unknown", 7}));
}

TEST_F(TomlFile, ReportsAKeyThatShouldBeATableAndTheReverse) {
    EXPECT_THAT(problems_of("http = 1\nname = { first = \"x\" }\n"),
                ElementsAre(config_problem{"http", "must be a table, not an integer", 1},
                            config_problem{"name", "must be a string, not a table", 2}));
}

TEST_F(TomlFile, ReportsASyntaxErrorWithItsLine) {
    auto const problems = problems_of("on = true\nname = \n");
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].path, path_.string());
    EXPECT_THAT(problems[0].problem, testing::StartsWith("is not TOML: "));
    EXPECT_EQ(problems[0].line, 2);
}

TEST(Reader, ReportsThatTheFileCannotBeRead) {
    for (auto const* path : {"/nowhere/tasker.toml", "/"}) {
        auto source = reader::open(path);
        EXPECT_THAT(source.finish(), ElementsAre(config_problem{path, "cannot be read", 0}));
    }
}

TEST(Reader, FindsNothingWithoutAFile) {
    auto source = reader::empty();
    settings bound;
    bind(source, bound);
    EXPECT_THAT(source.finish(), IsEmpty());
    EXPECT_EQ(bound.name, "none");
}

/// Sets a variable for the length of a test.
class variable {
public:
    variable(char const* name, char const* text) : name_{name} {
        ::setenv(name, text, 1);
    }

    ~variable() {
        ::unsetenv(name_);
    }

    variable(variable const&) = delete;
    variable& operator=(variable const&) = delete;

private:
    char const* name_;
};

TEST_F(TomlFile, IsOverriddenByTheEnvironment) {
    variable const name{"TASKER_CONFIG_TEST_NAME", "from the environment"};
    auto source = open("name = \"from the file\"\n");
    bind(source, bound_);
    source.env("TASKER_CONFIG_TEST_NAME", bound_.name);
    EXPECT_THAT(source.finish(), IsEmpty());
    EXPECT_EQ(bound_.name, "from the environment");
}

TEST(Environment, FillsSettingsOfEveryKind) {
    variable const on{"TASKER_CONFIG_TEST_ON", "true"};
    variable const port{"TASKER_CONFIG_TEST_PORT", "9000"};
    variable const ratio{"TASKER_CONFIG_TEST_RATIO", "0.25"};
    variable const names{"TASKER_CONFIG_TEST_NAMES", " a, b ,,c "};
    variable const shade{"TASKER_CONFIG_TEST_SHADE", "green"};
    auto source = reader::empty();
    settings bound;
    source.env("TASKER_CONFIG_TEST_ON", bound.on);
    source.env("TASKER_CONFIG_TEST_PORT", bound.port);
    source.env("TASKER_CONFIG_TEST_RATIO", bound.ratio);
    source.env("TASKER_CONFIG_TEST_NAMES", bound.names);
    source.env("TASKER_CONFIG_TEST_SHADE", bound.shade, parse_color, "red, green");
    EXPECT_THAT(source.finish(), IsEmpty());
    EXPECT_TRUE(bound.on);
    EXPECT_EQ(bound.port, 9000);
    EXPECT_EQ(bound.ratio, 0.25);
    EXPECT_THAT(bound.names, ElementsAre("a", "b", "c"));
    EXPECT_EQ(bound.shade, color::green);
}

TEST(Environment, ReportsValuesOfTheWrongType) {
    variable const word{"TASKER_CONFIG_TEST_WORD", "8080x"};
    auto source = reader::empty();
    settings bound;
    source.env("TASKER_CONFIG_TEST_WORD", bound.on);
    source.env("TASKER_CONFIG_TEST_WORD", bound.port);
    source.env("TASKER_CONFIG_TEST_WORD", bound.ratio);
    EXPECT_THAT(
        source.finish(),
        ElementsAre(
            config_problem{"TASKER_CONFIG_TEST_WORD", "must be true or false, not \"8080x\"", 0},
            config_problem{"TASKER_CONFIG_TEST_WORD", "must be an integer, not \"8080x\"", 0},
            config_problem{"TASKER_CONFIG_TEST_WORD", "must be a number, not \"8080x\"", 0}));
    EXPECT_EQ(bound.port, 8080);
}

TEST(Environment, FillsATableOfTexts) {
    variable const good{"TASKER_CONFIG_TEST_GOOD", "a=x=, b= y "};
    variable const bad{"TASKER_CONFIG_TEST_BAD", "a=x,hidden"};
    variable const twice{"TASKER_CONFIG_TEST_TWICE", "a=x,a=y"};
    settings bound;
    auto source = reader::empty();
    source.env("TASKER_CONFIG_TEST_GOOD", bound.keys);
    EXPECT_EQ(bound.keys, (texts_by_name{{"a", "x="}, {"b", " y"}}));
    source.env("TASKER_CONFIG_TEST_BAD", bound.keys);
    source.env("TASKER_CONFIG_TEST_TWICE", bound.keys);
    auto const problem = "must be entries NAME=TEXT with different names, separated by commas";
    EXPECT_THAT(source.finish(),
                ElementsAre(config_problem{"TASKER_CONFIG_TEST_BAD", problem, 0},
                            config_problem{"TASKER_CONFIG_TEST_TWICE", problem, 0}));
    EXPECT_EQ(bound.keys.size(), 2U);
}

TEST(Environment, CountsAnEmptyVariableAsAbsent) {
    variable const empty{"TASKER_CONFIG_TEST_EMPTY", ""};
    auto source = reader::empty();
    settings bound;
    source.env("TASKER_CONFIG_TEST_EMPTY", bound.name);
    source.env("TASKER_CONFIG_TEST_ABSENT", bound.count);
    EXPECT_THAT(source.finish(), IsEmpty());
    EXPECT_EQ(bound.name, "none");
}

TEST(ConfigProblem, ReadsAsASentence) {
    EXPECT_EQ(to_string(config_problem{"http.port", "must be an integer, not a string", 7}),
              "line 7: http.port must be an integer, not a string");
    EXPECT_EQ(to_string(config_problem{"DATABASE_URL", "is needed"}), "DATABASE_URL is needed");
}

} // namespace
} // namespace tasker::config
