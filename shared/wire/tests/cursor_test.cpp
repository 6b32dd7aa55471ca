#include "tasker/wire/cursor.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tasker::wire {
namespace {

TEST(Cursor, IsReadBack) {
    for (int i = 0; i < 100; ++i) {
        task_id const id = task_id::generate();
        EXPECT_EQ(decode_task_cursor(encode_cursor(id, "l"), "l").value(), id);
    }
    for (std::int32_t const n : {0, 1, 255, 9'999, std::numeric_limits<std::int32_t>::max(), -1}) {
        EXPECT_EQ(decode_step_cursor(encode_cursor(step_no{n}, "l"), "l").value(), step_no{n});
        EXPECT_EQ(decode_item_cursor(encode_cursor(n, "l"), "l").value(), n);
        EXPECT_EQ(decode_template_cursor(encode_cursor(template_id{n}, "l"), "l").value(),
                  template_id{n});
        EXPECT_EQ(decode_worker_cursor(encode_cursor(worker_id{n}, "l"), "l").value(),
                  worker_id{n});
        wait_id const wait{task_id::generate(), step_no{n}};
        EXPECT_EQ(decode_wait_cursor(encode_cursor(wait, "l"), "l").value(), wait);
    }
}

TEST(Cursor, IsSafeInAUrl) {
    EXPECT_EQ(encode_cursor(task_id{}, "l").find_first_of("+/="), std::string::npos);
}

TEST(Cursor, OfAnotherListIsRefused) {
    EXPECT_EQ(decode_step_cursor(encode_cursor(template_id{1}, "l"), "l").error().code,
              errc::invalid_argument);
    EXPECT_EQ(decode_template_cursor(encode_cursor(step_no{1}, "l"), "l").error().code,
              errc::invalid_argument);
    EXPECT_EQ(decode_task_cursor(encode_cursor(step_no{1}, "l"), "l").error().code,
              errc::invalid_argument);
    EXPECT_EQ(decode_wait_cursor(encode_cursor(task_id{}, "l"), "l").error().code,
              errc::invalid_argument);
    EXPECT_EQ(decode_worker_cursor(encode_cursor(template_id{1}, "l"), "l").error().code,
              errc::invalid_argument);
}

TEST(Cursor, OfOtherFiltersIsRefused) {
    for (auto const* other : {"", "state=", "state=failed&", "state=complete"}) {
        auto const task = encode_cursor(task_id::generate(), "state=failed");
        auto const step = encode_cursor(step_no{1}, "state=failed");
        auto const of_template = encode_cursor(template_id{1}, "state=failed");
        EXPECT_EQ(decode_task_cursor(task, other).error().code, errc::conflict);
        EXPECT_EQ(decode_step_cursor(step, other).error().code, errc::conflict);
        EXPECT_EQ(decode_template_cursor(of_template, other).error().code, errc::conflict);
    }
}

TEST(Cursor, ThatIsMalformedIsRefused) {
    std::string const good = encode_cursor(step_no{1}, "l");
    for (std::string const& bad :
         {std::string{}, std::string{"x"}, good + "A", good + "=", good.substr(1),
          "+" + good.substr(1), std::string(10'000, 'A')}) {
        auto const decoded = decode_step_cursor(bad, "l");
        ASSERT_FALSE(decoded.has_value()) << bad;
        EXPECT_EQ(decoded.error().code, errc::invalid_argument);
    }
}

} // namespace
} // namespace tasker::wire
