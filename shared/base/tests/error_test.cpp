#include "tasker/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace tasker {
namespace {

result<int> half_of(int number) {
    if (number % 2 != 0) {
        return make_error(errc::invalid_argument, "3 is odd");
    }
    return number / 2;
}

TEST(Result, HoldsAValueOrAnError) {
    EXPECT_EQ(half_of(4).value(), 2);

    auto const failed = half_of(3);
    ASSERT_TRUE(failed.has_error());
    EXPECT_EQ(failed.error().code, errc::invalid_argument);
    EXPECT_EQ(failed.error().message, "3 is odd");
}

TEST(Result, ThrowsTheMessageWhenAFailureIsAskedForItsValue) {
    EXPECT_THAT([] { (void)half_of(3).value(); },
                testing::ThrowsMessage<std::runtime_error>(testing::StrEq("3 is odd")));
}

TEST(Result, ThrowsTheMeaningOfTheCodeWhereThereIsNoMessage) {
    result<void> const failed = make_error(errc::timeout, "");
    EXPECT_THAT([&] { failed.value(); },
                testing::ThrowsMessage<std::runtime_error>(testing::StrEq("timed out")));
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
    result<std::unique_ptr<int>> made = std::make_unique<int>(7);
    auto const pointer = std::move(made).value();
    EXPECT_EQ(*pointer, 7);
}

TEST(Error, ReadsAsMessageThenCategoryAndMeaning) {
    EXPECT_EQ(to_string(make_error(errc::conflict, "version 2 exists")),
              "version 2 exists (tasker: conflict)");
    EXPECT_EQ(to_string(make_error(errc::unavailable, "")), "tasker: unavailable");
}

TEST(Error, HasADistinctMeaningForEveryCode) {
    EXPECT_EQ(make_error_code(errc::not_found).message(), "not found");
    EXPECT_EQ(make_error_code(errc::cancelled).message(), "cancelled");
    EXPECT_EQ(make_error_code(errc::internal).message(), "internal error");
    EXPECT_NE(make_error_code(errc::timeout), make_error_code(errc::cancelled));
}

} // namespace
} // namespace tasker
