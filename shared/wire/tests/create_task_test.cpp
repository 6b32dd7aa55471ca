#include "tasker/wire/create_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> messages(invalid_body const& invalid) {
    std::vector<std::string> out;
    for (auto const& [path, problem] : invalid.details) {
        auto& message = out.emplace_back(path);
        message.append(path.empty() ? "" : ": ").append(problem);
    }
    return out;
}

std::vector<std::string> problems(std::string_view body) {
    auto const parsed = parse_create_task(body);
    return parsed ? std::vector<std::string>{} : messages(parsed.error());
}

std::vector<std::string> batch_problems(std::string_view body) {
    auto const parsed = parse_create_batch(body);
    return parsed ? std::vector<std::string>{} : messages(parsed.error());
}

std::string nested(std::size_t levels) {
    // The body, the context and its content.
    return R"({"name":"t","context":{"a":)" + std::string(levels - 2, '[') + "1" +
           std::string(levels - 2, ']') + "}}";
}

TEST(CreateTask, CopiesTheContextUnchanged) {
    auto const parsed = parse_create_task(
        " {\"context\" : { \"b\":1.00, \"a\" : [1e2,\"\\u00e9\\n}\\\"\"] } , \"name\":\"t\"} ");
    EXPECT_EQ(parsed.value().context, "{ \"b\":1.00, \"a\" : [1e2,\"\\u00e9\\n}\\\"\"] }");
}

TEST(CreateTask, HasDefaults) {
    EXPECT_EQ(parse_create_task(R"({"name":"t"})").value(), create_task_request{.name = "t"});
}

TEST(CreateTask, ReadsEveryField) {
    create_task_request const expected{.name_space = "shop",
                                       .name = "order",
                                       .version = "1.2.3",
                                       .context = R"({"id":1})",
                                       .priority = 4,
                                       .idempotency_key = "k\xc3\xa9\"\xf0\x9f\x98\x80",
                                       .labels = {{"team", "a"}, {"tier", "g: \""}}};
    EXPECT_EQ(parse_create_task(R"({"namespace":"shop","name":"order","version":"1.2.3",)"
                                R"("context":{"id":1},"priority":4,)"
                                R"("idempotency_key":"k\u00e9\"\ud83d\ude00",)"
                                R"("labels":{"team":"a","tier":"g: \""}})")
                  .value(),
              expected);
    std::string body;
    append(body, expected);
    EXPECT_EQ(parse_create_task(body).value(), expected);
}

TEST(CreateTask, PriorityIsAnIntegerInAnyNotation) {
    for (auto const* each : {"3", "3.0", "3e0", "0.3E1"}) {
        auto const body = R"({"name":"t","priority":)" + std::string{each} + "}";
        EXPECT_EQ(parse_create_task(body).value().priority, 3) << each;
    }
    for (std::string const each : {"0", "5", "2.5", "-1", "3.0000001"}) {
        EXPECT_THAT(problems(R"({"name":"t","priority":)" + each + "}"),
                    ElementsAre("priority: must be 1, 2, 3 or 4, not " + each));
    }
}

std::string with_labels(std::size_t count, std::size_t value_bytes) {
    std::string members;
    for (std::size_t i = 0; i < count; ++i) {
        members += (i == 0 ? "\"l" : ",\"l") + std::to_string(i) + "\":\"" +
                   std::string(value_bytes, 'x') + '"';
    }
    return R"({"name":"t","labels":{)" + members + "}}";
}

TEST(CreateTask, LabelsHaveLimits) {
    EXPECT_THAT(problems(with_labels(max_labels, max_label_value_bytes)), ElementsAre());
    EXPECT_THAT(problems(with_labels(max_labels + 1, 1)),
                ElementsAre("labels: must have at most 16 labels, not 17"));
    EXPECT_THAT(problems(R"({"name":"t","labels":{"tasker.x":"a","tasker":"a"}})"),
                ElementsAre("labels.tasker.x: names that begin with \"tasker.\" are reserved"));
    EXPECT_THAT(problems(with_labels(1, max_label_value_bytes + 1)),
                ElementsAre("labels.l0: must have 1 to 255 bytes of UTF-8, without U+0000"));
    EXPECT_THAT(problems(with_labels(1, 0)),
                ElementsAre("labels.l0: must have 1 to 255 bytes of UTF-8, without U+0000"));
}

TEST(CreateTask, LabelsAreAMappingOfTexts) {
    EXPECT_THAT(problems(R"({"name":"t","labels":["a"]})"),
                ElementsAre("labels: must be an object, not an array"));
    EXPECT_THAT(problems(R"({"name":"t","labels":{"n":5}})"),
                ElementsAre("labels.n: must be a string, not a number"));
    EXPECT_THAT(problems(R"({"name":"t","labels":{"a b":"c"}})"),
                ElementsAre("labels.a b: the name must be 1 to 128 letters, digits, '_', '-' or "
                            "'.', a letter or digit first"));
    EXPECT_THAT(problems(R"({"name":"t","labels":{"a":"b","a":"c"}})"),
                ElementsAre("labels.a: is given twice"));
    EXPECT_EQ(parse_create_task(R"({"name":"t","labels":{}})").value(),
              create_task_request{.name = "t"});
}

TEST(Labels, AreANameAColonAndAValue) {
    EXPECT_EQ(parse_label("team:a"), (label{"team", "a"}));
    EXPECT_EQ(parse_label("url:http://x"), (label{"url", "http://x"}));
    for (auto const wrong : {"team", ":a", "team:", "a b:c", "a:\xff"}) {
        EXPECT_EQ(parse_label(wrong), std::nullopt) << wrong;
    }
    EXPECT_EQ(parse_label(std::string_view{"a:\0", 3}), std::nullopt);
}

TEST(Labels, AreReadFromTheirJson) {
    std::vector<label> const labels{{"a", "x\"y"}, {"b", "c"}};
    EXPECT_EQ(read_labels(labels_json(labels)), labels);
    EXPECT_EQ(labels_json({}), "{}");
}

TEST(ContextFilter, IsAPointerAColonAndAValue) {
    EXPECT_EQ(parse_context_filter("/order/id:42"), (context_filter{"/order/id", "42"}));
    EXPECT_EQ(parse_context_filter("/a~1b:c:d"), (context_filter{"/a~1b", "c:d"}));
    EXPECT_EQ(parse_context_filter("/a:"), (context_filter{"/a", ""}));
    for (auto const wrong : {"/order/id", ":42", "order:1", "/a~2:1", "/a:\xff"}) {
        EXPECT_EQ(parse_context_filter(wrong), std::nullopt) << wrong;
    }
}

TEST(CreateTask, KeysMayBeEscaped) {
    EXPECT_EQ(parse_create_task(R"({"n\u0061me":"t"})").value().name, "t");
}

TEST(CreateTask, ReportsEveryProblemWithItsPath) {
    EXPECT_THAT(
        problems(R"({"nmae":"a","priority":5,"context":[],"version":1,"namespace":"A",)"
                 R"("idempotency_key":"","priority":1})"),
        ElementsAre("nmae: is an unknown field; did you mean \"name\"?",
                    "priority: must be 1, 2, 3 or 4, not 5",
                    "context: must be an object, not an array",
                    "version: must be a string, not a number",
                    "namespace: must be 1 to 32 of a-z, 0-9 and single '_', a letter first and no "
                    "'_' last",
                    "idempotency_key: must have 1 to 255 bytes", "priority: is given twice",
                    "name: is required"));
}

TEST(CreateTask, TheContextKeepsItsText) {
    std::string const context =
        R"({"z":1.10,"a":123456789012345678901234567890,"e":1E2,"a":0,"t":"\u00e9"})";
    auto const parsed =
        parse_create_task("\xef\xbb\xbf{\"name\":\"t\",\"context\": " + context + "}");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->context, context);
    auto const batch = parse_create_batch(
        "\xef\xbb\xbf{\"tasks\":[{\"name\":\"t\",\"context\": " + context + "}]}");
    ASSERT_TRUE(batch.has_value());
    EXPECT_EQ(batch->front().context, context);
}

TEST(CreateTask, RefusesInvalidBodies) {
    EXPECT_THAT(problems("[]"), ElementsAre("must be an object, not an array"));
    EXPECT_THAT(problems("\"x\""), ElementsAre("must be an object, not a string"));
    EXPECT_THAT(problems(""), ElementsAre("is empty"));
    EXPECT_THAT(problems("{\n \"name\": x}"),
                ElementsAre("name: is not valid JSON at line 2, column 10: expected a value"));
    EXPECT_THAT(problems("{\"name\":\"\xff\"}"),
                ElementsAre("name: is not UTF-8 at line 1, column 10"));
    EXPECT_THAT(
        problems(R"({"name":"t","context":{"a":[1e400]}})"),
        ElementsAre("context.a[0]: contains the number 1e400, which is out of range (at most "
                    "1.8e308) at line 1, column 29"));
    EXPECT_FALSE(problems(R"({"name":"t","context":{"a":"\ud800"}})").empty());
    for (auto const* priority : {"\"2\"", "null", "0", "-1"}) {
        EXPECT_EQ(problems(R"({"name":"t","priority":)" + std::string{priority} + "}").size(), 1)
            << priority;
    }
}

TEST(CreateTask, RefusesTheNullCharacterButNotItsSymbol) {
    EXPECT_THAT(problems(R"({"name":"t","context":{"a":"x\u0000"}})"),
                ElementsAre("context.a: contains the character U+0000 at line 1, column 30"));
    EXPECT_THAT(problems(R"({"name":"t","context":{"a":"\\\u0000"}})"),
                ElementsAre("context.a: contains the character U+0000 at line 1, column 31"));
    EXPECT_THAT(problems(R"({"name":"t","context":{"a":"\\u0000"}})"), ElementsAre());
    EXPECT_THAT(problems(R"({"name":"t","idempotency_key":"\u0000"})"),
                ElementsAre("idempotency_key: contains the character U+0000 at line 1, column 32"));
}

TEST(CreateTask, AcceptsAtMostSixtyFourLevelsOfNesting) {
    EXPECT_THAT(problems(nested(64)), ElementsAre());
    EXPECT_THAT(problems(nested(65)),
                ElementsAre("context.a[0][0][0][0][0][0]...: is nested deeper than 64 levels"));
    EXPECT_THAT(problems(nested(200'000)),
                ElementsAre("context.a[0][0][0][0][0][0]...: is nested deeper than 64 levels"));
}

TEST(CreateBatch, ReadsItsOwnJson) {
    std::vector<create_task_request> requests;
    requests.reserve(300);
    for (int i = 0; i < 300; ++i) {
        requests.push_back({.name = "t" + std::to_string(i),
                            .context = "{\"i\":" + std::to_string(i) + "}",
                            .priority = static_cast<std::int16_t>(1 + i % 4)});
    }
    std::string body;
    append_create_batch(body, requests);
    EXPECT_EQ(parse_create_batch(body).value(), requests);
}

TEST(CreateBatch, ReportsPathsWithinTasks) {
    EXPECT_THAT(batch_problems(R"({"tasks":[{"name":"t"},{"name":"t","priority":9},7,{"x":1}]})"),
                ElementsAre("tasks[1].priority: must be 1, 2, 3 or 4, not 9",
                            "tasks[2]: must be an object, not a number",
                            "tasks[3].x: is an unknown field", "tasks[3].name: is required"));
}

TEST(CreateBatch, HasOneToTenThousandTasks) {
    EXPECT_THAT(batch_problems(R"({"tasks":[]})"),
                ElementsAre("tasks: must have 1 to 10000 tasks, not 0"));
    EXPECT_THAT(batch_problems("{}"), ElementsAre("tasks: is required"));
    EXPECT_THAT(batch_problems("[]"), ElementsAre("must be an object, not an array"));
    EXPECT_THAT(batch_problems(R"({"tasks":{}})"),
                ElementsAre("tasks: must be an array, not an object"));
    EXPECT_THAT(batch_problems(R"({"tasks":[{"name":"t"}],"more":1})"),
                ElementsAre("more: is an unknown field; the only one is \"tasks\""));
    std::vector<create_task_request> const many(max_batch + 1, {.name = "t"});
    std::string body;
    append_create_batch(body, many);
    EXPECT_THAT(batch_problems(body), ElementsAre("tasks: must have 1 to 10000 tasks, not 10001"));
}

TEST(CreateBatch, ReportsAHundredProblemsAndCountsAll) {
    std::string body = R"({"tasks":[)";
    for (int i = 0; i < 500; ++i) {
        body += i == 0 ? "{}" : ",{}";
    }
    auto const parsed = parse_create_batch(body + "]}");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, "the body has 500 problems");
    EXPECT_EQ(parsed.error().details.size(), 100);
}

TEST(CreateTask, AnyDamagedBodyIsReadOrRefused) {
    std::string const source =
        R"({"tasks":[{"namespace":"shop","name":"order","version":"1.2.3","context":)"
        R"({"a":[1,{"b":"\u00e9\\"}],"c":-1.5e3},"priority":4,"idempotency_key":"k"}]})";
    constexpr std::string_view bits = "{}[]:,\"\\u0e1-.nt \x80\xff\n";
    std::uint32_t random = 7;
    auto const next = [&](std::size_t below) {
        random = random * 1'664'525 + 1'013'904'223;
        return static_cast<std::size_t>(random >> 8U) % below;
    };
    for (int round = 0; round < 20'000; ++round) {
        std::string text = source;
        for (std::size_t edits = 1 + next(3); edits > 0; --edits) {
            std::size_t const at = next(text.size());
            if (next(3) == 0) {
                text.erase(at, 1 + next(5));
            } else {
                text[at] = bits[next(bits.size())];
            }
        }
        auto const batch = parse_create_batch(text);
        if (!batch) {
            EXPECT_FALSE(batch.error().details.empty()) << text;
        }
        parse_create_task(text);
    }
}

} // namespace
} // namespace tasker::wire
