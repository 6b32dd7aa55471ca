#include "problem_texts.hpp"
#include "source_files.hpp"

#include "tasker/model/compiled_template.hpp"
#include "tasker/model/graph.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tasker::model {
namespace {

TEST(TemplateExamples, InTheDocumentAreValid) {
    std::string const document = read_source_file("docs/templates.md");
    int yaml = 0;
    int json = 0;
    constexpr std::string_view fence = "\n```";
    for (std::size_t at = 0; (at = document.find(fence, at)) != std::string::npos;) {
        std::size_t const begin = document.find('\n', at + 1) + 1;
        std::size_t const end = document.find(fence, begin - 1);
        ASSERT_NE(end, std::string::npos);
        std::string const language = document.substr(at + 4, begin - at - 5);
        std::string const text = document.substr(begin, end + 1 - begin);
        if (language == "yaml") {
            EXPECT_EQ(problems_of_yaml(text), std::vector<std::string>{}) << text;
            ++yaml;
        } else if (language == "json") {
            EXPECT_EQ(problems_of_json(text), std::vector<std::string>{}) << text;
            ++json;
        }
        at = end + 1;
    }
    EXPECT_GE(yaml, 4);
    EXPECT_GE(json, 1);
}

TEST(TemplateExamples, InTheFolderAreValid) {
    int found = 0;
    for (auto const* name : {"linear", "diamond", "tree", "mixed_dag"}) {
        auto const path = std::string{"config/templates/"} + name + ".yaml";
        auto const parsed = parse_template_yaml(read_source_file(path));
        ASSERT_EQ(problems_of(parsed), std::vector<std::string>{}) << path;
        EXPECT_EQ(parsed->name, name);
        found += static_cast<int>(compile(*parsed, "production").steps.size());
    }
    EXPECT_EQ(found, 3 + 4 + 7 + 7);
}

TEST(TemplateExamples, CanBeDrawn) {
    auto const diamond =
        parse_template_yaml(read_source_file("config/templates/diamond.yaml")).value();
    EXPECT_EQ(to_mermaid(diamond), R"(flowchart TD
    s0["start"]
    s1["left"]
    s2["right"]
    s3["join"]
    s0 --> s1
    s0 --> s2
    s1 --> s3
    s2 --> s3
)");
    EXPECT_EQ(to_dot(diamond), R"(digraph "diamond" {
    node [shape=box];
    "start";
    "left";
    "right";
    "join";
    "start" -> "left";
    "start" -> "right";
    "left" -> "join";
    "right" -> "join";
}
)");
}

TEST(TemplateExamples, AreReadOrRefusedWhenDamaged) {
    std::string const source = read_source_file("config/templates/mixed_dag.yaml");
    std::string const definition = compile(parse_template_yaml(source).value(), "").definition;
    constexpr std::string_view bits = "{}[]:,-&*!|>'\"%@`#?\n\t \\0a\x80\xff";
    std::uint32_t random = 12'345;
    auto const next = [&](std::size_t below) {
        random = random * 1'664'525 + 1'013'904'223;
        return static_cast<std::size_t>(random >> 8U) % below;
    };
    for (int round = 0; round < 1'500; ++round) {
        std::string text = round % 2 == 0 ? source : definition;
        for (std::size_t edits = 1 + next(4); edits > 0; --edits) {
            std::size_t const at = next(text.size());
            switch (next(4)) {
            case 0:
                text[at] = bits[next(bits.size())];
                break;
            case 1:
                text.erase(at, 1 + next(20));
                break;
            case 2:
                text.insert(at, 1, bits[next(bits.size())]);
                break;
            default:
                text.insert(at, text.substr(next(text.size()), next(40)));
                break;
            }
        }
        for (auto const& result : {parse_template_yaml(text), parse_template_json(text)}) {
            if (result) {
                EXPECT_FALSE(compile(*result, "production").steps.empty());
            } else {
                EXPECT_FALSE(result.error().problems.empty()) << text;
            }
        }
    }
}

} // namespace
} // namespace tasker::model
