#include "task_options.hpp"

#include "tasker/model/states.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tasker::cli {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Limit, IsSecondsOrForever) {
    EXPECT_EQ(parse_limit("30"), 30s);
    EXPECT_EQ(parse_limit("0.5"), 500ms);
    EXPECT_EQ(parse_limit("0"), 0ms);
    EXPECT_EQ(parse_limit("forever"), 365 * 24h);
    for (auto const* text : {"", "-1", "3s", "order", "1e3", "nan", "inf", "99999999999"}) {
        EXPECT_EQ(parse_limit(text), std::nullopt) << text;
    }
}

TEST(Priority, IsAWordOrANumber) {
    EXPECT_EQ(parse_priority("low"), 1);
    EXPECT_EQ(parse_priority("normal"), 2);
    EXPECT_EQ(parse_priority("3"), 3);
    EXPECT_EQ(parse_priority("urgent"), 4);
    EXPECT_EQ(parse_priority("0"), std::nullopt);
    EXPECT_EQ(parse_priority("5"), std::nullopt);
    EXPECT_EQ(parse_priority(""), std::nullopt);
}

TEST(CreateOptions, BecomeARequest) {
    auto const request = to_request(
        {.name = "shop/order@1.2.3", .context = R"({"id":1})", .priority = "high", .key = "k"});
    ASSERT_TRUE(request.has_value()) << request.error().message;
    EXPECT_EQ(*request, (wire::create_task_request{.name_space = "shop",
                                                   .name = "order",
                                                   .version = "1.2.3",
                                                   .context = R"({"id":1})",
                                                   .priority = 3,
                                                   .idempotency_key = "k"}));
}

TEST(CreateOptions, HaveLabels) {
    auto const request = to_request({.name = "order", .labels = {"team:a", "tier:gold"}});
    ASSERT_TRUE(request.has_value()) << request.error().message;
    EXPECT_EQ(request->labels, (std::vector<wire::label>{{"team", "a"}, {"tier", "gold"}}));
    EXPECT_THAT(to_request({.name = "order", .labels = {"team=a"}}).error().message,
                HasSubstr("not \"team=a\""));
}

TEST(CreateOptions, ReadTheContextFromAFile) {
    auto const file = std::filesystem::path{::testing::TempDir()} / "context.json";
    std::ofstream{file} << R"({"from":"file"})";
    auto const request = to_request({.name = "order", .context = '@' + file.string()});
    std::filesystem::remove(file);
    ASSERT_TRUE(request.has_value()) << request.error().message;
    EXPECT_EQ(request->context, R"({"from":"file"})");
    EXPECT_EQ(request->name_space, "default");
    EXPECT_EQ(request->version, std::nullopt);
}

TEST(CreateOptions, AreRefusedWithTheReason) {
    EXPECT_THAT(to_request({.name = "an order"}).error().message,
                HasSubstr("is not a template name"));
    EXPECT_THAT(to_request({.name = "order", .context = "{"}).error().message,
                HasSubstr("--context"));
    EXPECT_THAT(to_request({.name = "order", .context = "@/no/such/file"}).error().message,
                HasSubstr("/no/such/file: No such file"));
    EXPECT_THAT(to_request({.name = "order", .priority = "top"}).error().message,
                HasSubstr("\"top\""));
    EXPECT_THAT(to_request({.name = "a/order", .name_space = "b"}).error().message,
                HasSubstr("contradicts"));
}

TEST(ListOptions, BecomeAFilter) {
    auto const filter = to_filter(
        {.name = "shop/order@1.2.3", .state = "failed", .created_after = "2026-01-02T03:04:05Z"});
    ASSERT_TRUE(filter.has_value()) << filter.error().message;
    EXPECT_EQ(filter->name_space, "shop");
    EXPECT_EQ(filter->name, "order");
    EXPECT_EQ(filter->version, "1.2.3");
    EXPECT_EQ(filter->state, model::task_state::failed);
    EXPECT_EQ(to_rfc3339(filter->created_after.value()), "2026-01-02T03:04:05.000000Z");
    EXPECT_EQ(filter->created_before, std::nullopt);
}

TEST(ListOptions, HaveLabelsAndAValueOfTheContext) {
    auto const filter = to_filter({.labels = {"team:a", "tier:gold"}, .context = "/order/id:42"});
    ASSERT_TRUE(filter.has_value()) << filter.error().message;
    EXPECT_EQ(filter->labels, (std::vector<wire::label>{{"team", "a"}, {"tier", "gold"}}));
    EXPECT_EQ(filter->context, (wire::context_filter{"/order/id", "42"}));
    EXPECT_EQ(to_filter({.labels = {"team"}}).error().message,
              "--label must be a name, a colon and a value, as in team:a, not \"team\"");
    EXPECT_THAT(to_filter({.context = "id"}).error().message, HasSubstr("--context must be"));
}

TEST(ListOptions, AreRefusedWithTheReason) {
    EXPECT_THAT(to_filter({.state = "done"}).error().message,
                HasSubstr("must be one of " + model::task_state_names() + ", not \"done\""));
    EXPECT_THAT(to_filter({.created_before = "yesterday"}).error().message,
                HasSubstr("--created-before"));
}

} // namespace

} // namespace tasker::cli
