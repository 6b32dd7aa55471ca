#include "tasker/wire/amounts.hpp"

#include <gmock/gmock.h>

namespace tasker::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Amounts, AreReadAsTheyAreWritten) {
    std::vector<amount> const amounts{{"tokens", 1'000'000'000'000'000}, {"cents", 0}};
    EXPECT_EQ(amounts_json(amounts), R"({"tokens":1000000000000000,"cents":0})");
    EXPECT_THAT(read_amounts(R"({ "tokens" : 1000000000000000, "cents" : 0 })"),
                ElementsAre(amounts[0], amounts[1]));
    EXPECT_THAT(read_amounts("{}"), IsEmpty());
}

} // namespace
} // namespace tasker::wire
