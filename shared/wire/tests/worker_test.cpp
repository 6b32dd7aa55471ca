#include "tasker/wire/worker.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace tasker::wire {
namespace {

worker_view sample() {
    worker_view shown;
    shown.name = "w \"1\"";
    shown.namespaces = R"(["default","shop"])";
    shown.slots = 8;
    shown.handlers = R"(["a"])";
    shown.version = "1.2.3";
    shown.state = "draining";
    shown.command = "stop";
    shown.started_at = timestamp{std::chrono::microseconds{1'000'000}};
    shown.last_seen_at = timestamp{std::chrono::microseconds{2'000'000}};
    shown.steps_in_progress = 5;
    return shown;
}

TEST(Worker, IsReadBackAsItIsWritten) {
    std::string text;
    append(text, sample());
    EXPECT_EQ(text, R"({"name":"w \"1\"","namespaces":["default","shop"],"slots":8,)"
                    R"("handlers":["a"],"version":"1.2.3","state":"draining","command":"stop",)"
                    R"("started_at":"1970-01-01T00:00:01.000000Z",)"
                    R"("last_seen_at":"1970-01-01T00:00:02.000000Z","steps_in_progress":5})");
    EXPECT_EQ(read_worker_view(text).value(), sample());
}

TEST(Worker, PagesAreReadBackAsTheyAreWritten) {
    page<worker_view> const shown{{sample(), sample()}, "abc"};
    std::string text;
    append(text, shown);
    EXPECT_EQ(read_worker_page(text).value(), shown);
}

TEST(Worker, WithoutAStateIsRefused) {
    EXPECT_EQ(read_worker_view(R"({"name": "w"})").error().code, errc::invalid_argument);
}

} // namespace
} // namespace tasker::wire
