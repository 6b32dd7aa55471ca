#include "tasker/documents/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace tasker::documents {
namespace {

/// A valid document of the suite that a template may not be: the problem, and the cases with it.
struct exception {
    char const* reason;
    char const* problem;
    std::set<std::string> cases;
};

std::vector<exception> const exceptions{
    {"a template is one document",
     "contains more than one YAML document",
     {"35KP", "6XDY", "6ZKB", "9DXL", "9KAX", "JHB9", "KSS4", "L383", "PUW8", "RZT7", "U9NS",
      "UT92"}},
    {"the same; \"...\" and text after it begin the other document",
     "there is text after \"...\"",
     {"7Z25", "M7A3", "W4TN"}},
    {"a template is a document", "is empty", {"8G76", "98YD", "AVM7", "HWV9", "QT73"}},
    {"keys are text, as in JSON",
     "has a key that is a list or a mapping",
     {"4FJ6", "6PBE", "9MMW", "KK5P", "LX3P", "M2N8-1", "M5DY", "Q9WF", "RZP5", "SBG9", "V9D5",
      "X38W", "XW4D"}},
    {"the same; an anchor of the mapping and one of its key, which is a list, look like two",
     "a value has two anchors",
     {"6BFJ"}},
    {"keys are text, as in JSON",
     "has a key that is null or empty",
     {"2JQS", "6M2F", "CFD4", "DFF7", "FH7J", "FRK4", "M2N8-0", "NHX8", "NKF9", "PW8X", "S3PD",
      "SM9W-1", "UKK6-0"}},
    {"JSON has no other types",
     "has the tag ",
     {"2AUY", "2XXW", "33X3", "565N", "6WLZ", "74H7", "7FWL", "9WXW", "CUP7", "F2C7", "J7PZ",
      "L94M", "M5C3", "UGM3", "Z67P"}},
    {"the same", "has a %TAG directive", {"5TYM", "6CK3", "C4HZ", "CC74", "P76L", "U3C3", "Z9M4"}},
};

struct suite_case {
    std::string yaml;
    bool invalid = false;
    std::optional<std::string> json; ///< of every document, one after the other
};

nlohmann::json parse_values(std::string const& text) {
    auto values = nlohmann::json::array();
    std::istringstream stream{text};
    while (stream >> std::ws && !stream.eof()) {
        nlohmann::json value;
        stream >> value;
        values.push_back(value);
    }
    return values;
}

/// A file holds the cases of one subject; they have the first one's fields where they have none.
void add_cases(std::filesystem::path const& path, std::map<std::string, suite_case>& out) {
    std::ifstream file{path};
    std::string const text{std::istreambuf_iterator<char>{file}, {}};
    constexpr std::string_view prefix = "export default ";
    std::size_t const begin = text.find(prefix);
    if (begin == std::string::npos) {
        return;
    }
    auto const subject = nlohmann::json::parse(
        text.substr(begin + prefix.size(), text.rfind('}') + 1 - begin - prefix.size()));
    auto const& cases = subject.at("cases");
    auto fields = nlohmann::json::object();
    for (std::size_t i = 0; i < cases.size(); ++i) {
        fields.erase("fail");
        fields.update(cases[i]);
        std::string name = subject.at("id");
        name += cases.size() == 1 ? "" : "-" + std::to_string(i);
        auto const json = fields.find("json");
        bool const has_json = json != fields.end() && json->is_string();
        out[name] = {.yaml = fields.at("yaml"),
                     .invalid = fields.value("fail", false),
                     .json = has_json ? std::optional<std::string>{*json} : std::nullopt};
    }
}

std::map<std::string, suite_case> read_cases() {
    std::map<std::string, suite_case> out;
    for (auto const& entry : std::filesystem::directory_iterator{TASKER_YAML_SUITE_DIR}) {
        add_cases(entry.path(), out);
    }
    return out;
}

exception const* find_exception(std::string const& name) {
    auto const found = std::ranges::find_if(
        exceptions, [&](exception const& each) { return each.cases.contains(name); });
    return found == exceptions.end() ? nullptr : &*found;
}

/// Empty: as the suite says, or an exception with its problem.
std::string difference(std::string const& name, suite_case const& expected) {
    auto const* const except = find_exception(name);
    try {
        document const read = read_yaml(expected.yaml);
        std::string const json = to_json(read, read.root());
        if (expected.invalid || except != nullptr) {
            return "accepts " + json;
        }
        bool const same = !expected.json || parse_values(*expected.json) == parse_values(json);
        return same ? "" : "reads " + json + " for " + *expected.json;
    } catch (unreadable_document const& failure) {
        std::string const& problem = failure.problem.problem;
        bool const excepted =
            except != nullptr && problem.find(except->problem) != std::string::npos;
        return expected.invalid || excepted ? "" : "refuses it: " + problem;
    }
}

TEST(Yaml, ReadsTheCasesOfTheYamlTestSuite) {
    ASSERT_TRUE(std::filesystem::exists(TASKER_YAML_SUITE_DIR))
        << "run scripts/setup, which fetches the suite";
    auto const cases = read_cases();
    EXPECT_EQ(cases.size(), 402);
    for (auto const& [name, expected] : cases) {
        EXPECT_EQ(difference(name, expected), "") << name << "\n" << expected.yaml;
    }
    for (exception const& each : exceptions) {
        for (std::string const& name : each.cases) {
            EXPECT_TRUE(cases.contains(name) && !cases.at(name).invalid) << name;
        }
    }
}

} // namespace
} // namespace tasker::documents
