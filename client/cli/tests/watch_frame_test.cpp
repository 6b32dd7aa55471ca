#include "watch_frame.hpp"

#include "text_width.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

using namespace std::chrono_literals;
using model::step_state;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

timestamp const start = parse_rfc3339("2026-01-02T03:04:05Z").value();

watch_scene scene_of(std::vector<wire::step_view> steps) {
    watch_scene scene;
    scene.task.id = task_id::parse("0190f5fe-7c00-7a00-8000-000000000001").value();
    scene.task.name_space = "shop";
    scene.task.name = "order";
    scene.task.version = "1.0.0";
    scene.task.state = model::task_state::running;
    scene.task.created_at = start;
    scene.steps = std::move(steps);
    scene.now = start + 2s;
    return scene;
}

wire::step_view step(std::string name, std::vector<std::string> parents, step_state state) {
    wire::step_view view{
        .name = std::move(name), .state = state, .dependencies = std::move(parents)};
    view.max_attempts = 3;
    if (state != step_state::pending && state != step_state::enqueued) {
        view.attempts = 1;
        view.started_at = start + 500ms;
    }
    if (model::is_finished(state)) {
        view.finished_at = start + 1s;
    }
    return view;
}

watch_scene diamond() {
    return scene_of({step("read", {}, step_state::complete),
                     step("left", {"read"}, step_state::in_progress),
                     step("right", {"read"}, step_state::failed),
                     step("join", {"left", "right"}, step_state::pending)});
}

watch_scene many(std::size_t wide, std::size_t deep) {
    std::vector<wire::step_view> steps;
    std::string parent;
    for (std::size_t level = 0; level < deep; ++level) {
        auto const parents =
            parent.empty() ? std::vector<std::string>{} : std::vector<std::string>{parent};
        for (std::size_t number = 0; number < wide; ++number) {
            steps.push_back(step(std::to_string(level) + '.' + std::to_string(number), parents,
                                 level < deep / 2 ? step_state::complete : step_state::pending));
        }
        parent = steps.back().name;
    }
    return scene_of(std::move(steps));
}

constexpr terminal plain{.is_tty = true, .has_unicode = false, .columns = 100, .rows = 24};

TEST(WatchFrame, DrawsLevelsStatesTimesAndTheTimeLine) {
    EXPECT_THAT(watch_frame(diamond(), plain),
                ElementsAre("> shop/order 1.0.0  running  0190f5fe-7c00-7a00-8000-000000000001",
                            "  [######..................]  1/4  1 running  1 failed  2.00 s", "",
                            "  ,- + read       500 ms        ######            ", "  |",
                            "  |- > left       1.50 s        ##################",
                            "  |- x right      500 ms        ######            ", "  |",
                            "  `- . join             "));
}

TEST(WatchFrame, OmitsTheTimeLineOnANarrowTerminal) {
    terminal out = plain;
    out.columns = 40;
    auto const lines = watch_frame(diamond(), out);
    EXPECT_EQ(lines.at(5), "  |- > left       1.50 s");
    for (auto const& line : lines) {
        EXPECT_LT(display_width(line), out.columns);
    }
}

TEST(WatchFrame, ShowsAttemptsAndErrors) {
    auto scene = diamond();
    scene.steps[2].attempts = 3;
    scene.steps[2].error = R"({"message":"no route\nto host","type":"exception"})";
    scene.steps[1].attempts = 2;
    terminal out = plain;
    out.columns = 120;
    EXPECT_THAT(watch_frame(scene, out), Contains(HasSubstr("attempt 3 of 3: no route to host")));
    EXPECT_THAT(watch_frame(scene, out), Contains(HasSubstr("attempt 2 of 3")));
}

TEST(WatchFrame, ShowsWhatAHandlerNoted) {
    auto scene = diamond();
    scene.steps[1].progress = 0.4;
    scene.steps[1].attempts = 2;
    scene.steps[1].message = "page 2\nof 5";
    terminal out = plain;
    out.columns = 120;
    EXPECT_THAT(watch_frame(scene, out), Contains(HasSubstr("attempt 2 of 3: 40 %, page 2 of 5")));
}

TEST(WatchFrame, OmitsTheGapsWhenTheyDoNotFit) {
    terminal out = plain;
    out.rows = 8;
    auto const lines = watch_frame(diamond(), out);
    EXPECT_THAT(lines, SizeIs(7));
    EXPECT_THAT(lines, ::testing::Not(Contains("  |")));
}

TEST(WatchFrame, DrawsALineForEachLevelOfALargeTask) {
    auto const lines = watch_frame(many(100, 4), plain);
    EXPECT_THAT(lines, SizeIs(7));
    EXPECT_EQ(lines.at(3), "  level 1  [########################]  100/100       ");
    EXPECT_EQ(lines.at(6), "  level 4  [........................]  0/100         ");
}

TEST(WatchFrame, NeverExceedsTheTerminal) {
    for (auto const& scene : {many(1, 40), many(1, 41), many(2, 500), diamond()}) {
        for (std::size_t rows = 5; rows < 60; rows += 3) {
            terminal out = plain;
            out.rows = rows;
            out.columns = 50;
            auto const lines = watch_frame(scene, out);
            EXPECT_LT(lines.size(), rows);
            for (auto const& line : lines) {
                EXPECT_LT(display_width(line), out.columns) << line;
            }
        }
    }
}

TEST(WatchFrame, ShowsTheLevelsInProgress) {
    auto const lines = watch_frame(many(2, 200), plain);
    EXPECT_THAT(lines, SizeIs(23));
    EXPECT_EQ(lines.at(3), "  91 lines above");
    EXPECT_THAT(lines, Contains(HasSubstr("level 101  [....")));
    EXPECT_EQ(lines.back(), "  91 lines below");
}

TEST(WatchFrame, KeepsTheStepsOfALongChainAndTheirTimes) {
    auto scene = many(1, 40);
    scene.steps[20].state = step_state::in_progress;
    scene.steps[20].started_at = start + 1s;
    auto const lines = watch_frame(scene, plain);
    EXPECT_THAT(lines, SizeIs(23));
    EXPECT_EQ(lines.at(3), "  11 lines above");
    EXPECT_EQ(lines.at(4), "  |- + 11.0      500 ms        ######            ");
    EXPECT_THAT(lines, Contains(HasSubstr("> 20.0      1.00 s")));
    EXPECT_EQ(lines.back(), "  11 lines below");
}

TEST(WatchFrame, OmitsTheCountWhereNoLinesAreHidden) {
    auto scene = many(1, 40);
    for (auto& each : scene.steps) {
        each = step(each.name, each.dependencies, step_state::complete);
    }
    auto const lines = watch_frame(scene, plain);
    EXPECT_EQ(lines.at(3), "  21 lines above");
    EXPECT_THAT(lines.back(), HasSubstr("`- + 39.0"));
}

TEST(WatchFrame, NamesFailedStepsOfALargeTaskWithTheirErrors) {
    auto scene = many(60, 2);
    scene.steps[7].state = step_state::in_progress;
    scene.steps[7].started_at = start + 500ms;
    scene.steps[8].state = step_state::in_progress;
    scene.steps[8].started_at = start + 250ms;
    scene.steps[9].state = step_state::waiting_for_retry;
    scene.steps[9].error = R"({"message":"busy","type":"busy"})";
    scene.steps[11].state = step_state::failed;
    scene.steps[11].attempts = 3;
    scene.steps[11].error = R"({"message":"no route","type":"exception"})";
    auto const lines = watch_frame(scene, plain);
    ASSERT_THAT(lines, SizeIs(10));
    EXPECT_THAT(lines.at(3), HasSubstr("56/60  2 running  1 to retry  1 failed"));
    EXPECT_EQ(lines.at(5), "");
    EXPECT_THAT(lines.at(6), HasSubstr("x 0.11      500 ms"));
    EXPECT_THAT(lines.at(6), HasSubstr("attempt 3 of 3: no route"));
    EXPECT_THAT(lines.at(7), HasSubstr("~ 0.9"));
    EXPECT_THAT(lines.at(7), HasSubstr("busy"));
    EXPECT_THAT(lines.at(8), HasSubstr("> 0.8       1.75 s"));
    EXPECT_THAT(lines.at(9), HasSubstr("> 0.7       1.50 s"));
}

TEST(WatchFrame, NamesFailedStepsWhenTheLevelsFillTheScreen) {
    auto scene = many(3, 100);
    for (auto& each : scene.steps) {
        each.state = step_state::failed;
    }
    auto const lines = watch_frame(scene, plain);
    EXPECT_THAT(lines, SizeIs(23));
    EXPECT_THAT(lines.at(18), HasSubstr("x 0.1"));
    EXPECT_EQ(lines.back(), "     and 295 more");
}

TEST(WatchFrame, UsesTheWidthOfAWideTerminal) {
    terminal out = plain;
    out.columns = 200;
    EXPECT_EQ(watch_frame(many(100, 4), out).at(3),
              "  level 1  [" + std::string(72, '#') + "]  100/100       ");
}

TEST(WatchFrame, ShowsItsNoticeLast) {
    auto scene = diamond();
    scene.notice = "the server is away";
    EXPECT_EQ(watch_frame(scene, plain).back(), "  the server is away");
}

TEST(ProgressBar, IsFullOnlyWhenAllIsDone) {
    EXPECT_EQ(progress_bar(0, 4, true), "[░░░░]");
    EXPECT_EQ(progress_bar(0.99, 4, true), "[███░]");
    EXPECT_EQ(progress_bar(1, 4, true), "[████]");
}

TEST(TimeBar, IsAtLeastOneCellLong) {
    EXPECT_EQ(time_bar(0, 0, 4, false), "#");
    EXPECT_EQ(time_bar(0.5, 0.5, 4, false), "  #");
    EXPECT_EQ(time_bar(1, 1, 4, false), "   #");
    EXPECT_EQ(time_bar(0.25, 0.75, 4, false), " ##");
    EXPECT_EQ(time_bar(-1, 2, 4, false), "####");
}

} // namespace

} // namespace tasker::cli
