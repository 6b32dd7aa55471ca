#include "tasker/wire/dead_letters.hpp"

#include <gmock/gmock.h>

namespace tasker::wire {
namespace {

using ::testing::HasSubstr;

task_id id(char last) {
    return task_id::parse(std::string{"0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d1"} + last).value();
}

timestamp time(std::string_view text) {
    return parse_rfc3339(text).value();
}

template <class View>
std::string text_of(View const& view) {
    std::string out;
    append(out, view);
    return out;
}

/// The problems of a body: "path: problem; …".
std::string problems_of(std::string_view body) {
    auto const parsed = parse_dead_letter_request(body);
    std::string text;
    if (parsed.has_error()) {
        for (auto const& each : parsed.error().details) {
            text += each.path + ": " + each.problem + "; ";
        }
    }
    return text;
}

TEST(DeadLetters, PageReadsItsOwnJson) {
    page<dead_letter> const shown{{{.id = id('1'),
                                    .name_space = "default",
                                    .template_name = "mail",
                                    .template_version = "1.0.0",
                                    .failed_at = time("2026-01-02T03:04:05Z"),
                                    .step = "send",
                                    .attempts = 3,
                                    .reason = "exhausted",
                                    .error = R"({"type":"smtp","message":"no"})"},
                                   {.id = id('2'),
                                    .name_space = "default",
                                    .template_name = "mail",
                                    .template_version = "1.0.0",
                                    .failed_at = time("2026-01-02T03:04:05Z"),
                                    .step = {},
                                    .attempts = 0,
                                    .reason = "timed_out",
                                    .error = {}}},
                                  "abc"};
    auto const text = text_of(shown);
    EXPECT_THAT(text, HasSubstr(R"("failed_at":"2026-01-02T03:04:05.000000Z","step":"send",)"
                                R"("attempts":3,"reason":"exhausted",)"
                                R"("error":{"type":"smtp","message":"no"}})"));
    EXPECT_THAT(text, HasSubstr(R"("step":null,"attempts":0)"));
    EXPECT_EQ(read_dead_letter_page(text).value(), shown);
    EXPECT_TRUE(read_dead_letter_page("{}").has_error());
}

TEST(DeadLetters, GroupsReadTheirOwnJson) {
    dead_letter_groups const shown{.count = 12,
                                   .truncated = true,
                                   .groups = {{.name_space = "default",
                                               .template_name = "mail",
                                               .step = "send",
                                               .error_type = {},
                                               .reason = "exhausted",
                                               .count = 7,
                                               .oldest_at = time("2026-01-02T03:04:05Z"),
                                               .newest_at = time("2026-01-03T03:04:05Z"),
                                               .example = id('3')}}};
    EXPECT_EQ(read_dead_letter_groups(text_of(shown)).value(), shown);
    EXPECT_TRUE(read_dead_letter_groups(R"({"count": 1, "groups": []})").has_error());
}

TEST(DeadLetters, OutcomeReadsItsOwnJson) {
    dead_letter_outcome const shown{
        .matched = 3,
        .done = 2,
        .refused = {{.id = id('1'), .problem = "the task is in use: try again"}},
        .next_cursor = {}};
    auto const text = text_of(shown);
    EXPECT_EQ(text, R"({"matched":3,"done":2,"refused":[{"task_id":)"
                    R"("0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11",)"
                    R"("problem":"the task is in use: try again"}],"next_cursor":null})");
    EXPECT_EQ(read_dead_letter_outcome(text).value(), shown);
}

TEST(DeadLetters, RequestReadsItsOwnJson) {
    for (auto const& request :
         {dead_letter_request{.filter = dead_letter_filter{}},
          dead_letter_request{.filter = dead_letter_filter{.name_space = "shop",
                                        .template_name = "mail",
                                        .step = "send",
                                        .error_type = "smtp",
                                        .failed_before = time("2026-01-02T03:04:05Z")},
          .limit = 10,
          .dry_run = true},
          dead_letter_request{.tasks = std::vector{id('1'), id('2')},
          .reason = "the bank is up",
          .by = "ada",
          .cursor = "abc"}}) {
        EXPECT_EQ(parse_dead_letter_request(text_of(request)).value(), request);
    }
    EXPECT_EQ(text_of(dead_letter_request{.filter = dead_letter_filter{}}), R"({"filter":{}})");
}

TEST(DeadLetters, RequestNeedsEitherIdsOrAFilter) {
    auto const wanted = ": must have either task_ids or filter; {\"filter\": {}} matches all; ";
    EXPECT_EQ(problems_of("{}"), wanted);
    EXPECT_EQ(
        problems_of(R"({"filter": {}, "task_ids": ["0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"]})"),
        wanted);
}

TEST(DeadLetters, RequestNamesEachProblem) {
    EXPECT_EQ(problems_of(R"({"filter": {"template": "a b", "stp": "x", "failed_before": "now",
                              "error_type": ""}, "limit": 501, "dry_run": 1, "by": "",
                              "reason": 2, "cursor": ""})"),
              "filter.template: must be 1 to 128 letters, digits, '_', '-' or '.', a letter or "
              "digit first; "
              "filter.stp: is an unknown field; did you mean \"step\"?; "
              "filter.failed_before: must be an RFC 3339 time, as in 2026-01-02T03:04:05Z; "
              "filter.error_type: must have 1 to 1000 bytes; "
              "limit: must be an integer from 1 to 500, not 501; "
              "dry_run: must be true or false, not a number; "
              "by: must have 1 to 200 bytes; "
              "reason: must be a string, not a number; "
              "cursor: must have 1 to 64 bytes; ");
    EXPECT_EQ(problems_of(R"({"task_ids": ["x", 1]})"),
              "task_ids[0]: must be a UUID, as in 0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11; "
              "task_ids[1]: must be a string, not a number; ");
    EXPECT_EQ(problems_of(R"({"task_ids": []})"), "task_ids: must have 1 to 500 ids, not 0; ");
    EXPECT_EQ(problems_of(R"({"task_ids": 1})"), "task_ids: must be an array, not a number; ");
    EXPECT_EQ(problems_of(R"({"filter": []})"), "filter: must be an object, not an array; ");
    EXPECT_EQ(problems_of(R"({"filter": {}, "limit": "5"})"),
              "limit: must be an integer from 1 to 500, not \"5\"; ");
    EXPECT_EQ(problems_of("[]"), ": must be an object, not an array; ");
    EXPECT_NE(problems_of("{"), "");
}

TEST(DeadLetters, RequestHasAtMost500Ids) {
    std::string body = R"({"task_ids": [)";
    for (int i = 0; i < 501; ++i) {
        body += (i == 0 ? "\"" : ",\"") + id('1').to_string() + '"';
    }
    EXPECT_EQ(problems_of(body + "]}"), "task_ids: must have 1 to 500 ids, not 501; ");
}

} // namespace
} // namespace tasker::wire
