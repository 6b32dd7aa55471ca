#include "dead_letter_text.hpp"

#include <gmock/gmock.h>

namespace tasker::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(DeadLetterText, ACutListOfGroupsSaysSo) {
    wire::dead_letter_groups shown{.count = 10'000, .truncated = true, .groups = {}};
    constexpr auto note = "There may be older dead letters, or smaller groups.\n";
    EXPECT_THAT(dead_letter_groups_text(shown, {}), EndsWith(note));
    shown.truncated = false;
    EXPECT_EQ(dead_letter_groups_text(shown, {}), "No dead letters.\n");
}

TEST(DeadLetterText, AnEmptyPageNamesTheNext) {
    EXPECT_THAT(dead_letter_list_text({{}, "abc"}, {}), HasSubstr("More: --cursor abc\n"));
    EXPECT_EQ(dead_letter_list_text({}, {}), "No dead letters.\n");
}

TEST(DeadLetterText, ATaskWithoutAFailedStepHasABlank) {
    wire::dead_letter const letter{.id = {},
                                   .name_space = "default",
                                   .template_name = "mail",
                                   .template_version = "1.0.0",
                                   .failed_at = {},
                                   .step = {},
                                   .attempts = 0,
                                   .reason = "timed_out",
                                   .error = R"({"type": "deadline", "message": "too late"})"};
    auto const text = dead_letter_list_text({{letter}, {}}, {});
    EXPECT_THAT(text, HasSubstr("timed_out"));
    EXPECT_THAT(text, HasSubstr("too late"));
    EXPECT_THAT(text, HasSubstr("default/mail 1.0.0"));
}

} // namespace
} // namespace tasker::cli
