#include "claimed_settings.hpp"
#include "execution.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::worker {
namespace {

/// Inputs of a step with this repetition.
std::string inputs_of(std::string settings, std::optional<std::string> repetition) {
    queue::claimed_step claimed;
    claimed.context = "{}";
    claimed.settings = std::move(settings);
    claimed.repetition = std::move(repetition);
    execution step{std::move(claimed), steady_clock::now()};
    claimed_settings_cache known;
    auto const refused = prepare(step, known);
    return refused ? refused->message : step.inputs.value_or("none");
}

TEST(ClaimedSettings, InputsOfARepeatedStepReadItsLastRun) {
    auto const* const settings =
        R"({"inputs": {"n": "${iteration}", "last": "${previous/at:-0}"}})";
    EXPECT_EQ(inputs_of(settings, R"({"iteration": 1, "previous": null})"), R"({"n":1,"last":0})");
    EXPECT_EQ(inputs_of(settings, R"({"iteration": 2, "previous": {"at": 1.10}})"),
              R"({"n":2,"last":1.10})");
}

TEST(ClaimedSettings, InputsOfAnItemReadTheItem) {
    queue::claimed_step claimed;
    claimed.context = "{}";
    claimed.settings = R"({"inputs": {"file": "${item/name}", "at": "${index}"}})";
    claimed.item = R"({"index": 17, "item": {"name": "a.png"}})";
    execution step{std::move(claimed), steady_clock::now()};
    claimed_settings_cache known;
    EXPECT_FALSE(prepare(step, known));
    EXPECT_EQ(step.inputs, R"({"file":"a.png","at":17})");
}

TEST(ClaimedSettings, AreParsedOnceForEachText) {
    claimed_settings_cache known;
    auto const first = known.find(R"({"inputs": {"n": 1}})");
    EXPECT_EQ(known.find(R"({"inputs": {"n": 1}})"), first);
    EXPECT_NE(known.find(R"({"inputs": {"n": 2}})"), first);
}

TEST(ClaimedSettings, SettingsThatThisVersionRefusesFailTheStep) {
    EXPECT_NE(inputs_of(R"({"result_schema": {"type": 5}})", {}).find("are not valid"),
              std::string::npos);
    EXPECT_EQ(inputs_of(R"({"result_schema": true})", {}), "none");
}

} // namespace
} // namespace tasker::worker
