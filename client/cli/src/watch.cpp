#include "watch.hpp"

#include "json_field.hpp"
#include "moments.hpp"
#include "report.hpp"
#include "table.hpp"
#include "task_text.hpp"
#include "watch_changes.hpp"
#include "watch_frame.hpp"

#include "tasker/client/client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace tasker::cli {

namespace {

using namespace std::chrono_literals;

/// Watching ends when the server is unreachable for this long.
constexpr auto longest_outage = 10s;
constexpr auto pause_after_failure = 500ms;
/// One request that waits for the end; short, so that the thread stops soon after watching.
constexpr auto end_poll = 2s;

std::chrono::milliseconds interval_for(std::size_t steps) {
    if (steps <= most_steps_shown) {
        return 100ms;
    }
    return steps <= 1'000 ? 500ms : 2'000ms;
}

/// Waits for the end of a task on a separate thread.
class end_watcher {
public:
    end_watcher(std::string url, task_id id)
        : thread_{[this, url = std::move(url), id] { run(url, id); }} {}

    ~end_watcher() {
        {
            std::lock_guard const lock{mutex_};
            is_stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    end_watcher(end_watcher const&) = delete;
    end_watcher& operator=(end_watcher const&) = delete;

    /// The finished task or the failure; none if the task still runs after `pause`.
    std::optional<client::result<wire::task_view>> wait(std::chrono::milliseconds pause) {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, pause, [this] { return end_.has_value(); });
        return end_;
    }

private:
    void run(std::string const& url, task_id id) {
        client::client api{url};
        auto last_success = steady_clock::now();
        for (;;) {
            auto task = api.wait(id, end_poll);
            bool const still_runs = task.has_error() &&
                                    task.error().code == client::errc::timeout &&
                                    task.error().status != 0;
            bool const is_patient = task.has_error() && client::is_retryable(task.error()) &&
                                    steady_clock::now() - last_success < longest_outage;
            std::unique_lock lock{mutex_};
            if (!still_runs && !is_patient) {
                end_ = std::move(task);
                changed_.notify_all();
                return;
            }
            if (still_runs) {
                last_success = steady_clock::now();
            } else {
                changed_.wait_for(lock, pause_after_failure, [this] { return is_stopping_; });
            }
            if (is_stopping_) {
                return;
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_stopping_ = false;
    std::optional<client::result<wire::task_view>> end_;
    std::thread thread_;
};

/// Draws the scene, over the last drawing on a terminal.
class screen {
public:
    explicit screen(terminal const& out) : out_{out} {}

    void show(watch_scene const& scene) {
        if (out_.is_tty) {
            draw(scene);
        } else {
            for (auto const& line :
                 change_lines(before_, scene.steps, scene.task.created_at, out_)) {
                print(line + '\n');
            }
            before_ = scene.steps;
        }
        std::fflush(stdout);
    }

private:
    void draw(watch_scene const& scene) {
        auto const size = terminal::of(STDOUT_FILENO); // it may have been resized
        out_.columns = size.columns;
        out_.rows = size.rows;
        auto const lines = watch_frame(scene, out_);
        std::string text;
        if (drawn_ > 0) {
            text = "\x1b[" + std::to_string(drawn_) + "A\r";
        }
        for (auto const& line : lines) {
            text += line + "\x1b[K\n";
        }
        text += "\x1b[J";
        print(text);
        drawn_ = lines.size();
    }

    terminal out_;
    std::size_t drawn_ = 0;
    std::vector<wire::step_view> before_;
};

/// Updates the scene with the server's current steps and task.
bool refresh(client::client& api, watch_scene& scene) {
    auto steps = api.all_steps(scene.task.id);
    if (steps.has_error()) {
        scene.notice = steps.error().message + "; trying again";
        return false;
    }
    auto task = api.get_task(scene.task.id);
    if (task.has_error()) {
        scene.notice = task.error().message + "; trying again";
        return false;
    }
    scene.steps = std::move(*steps);
    scene.task = std::move(*task);
    scene.notice.clear();
    return true;
}

exit_code show_end(client::result<wire::task_view> const& end, client::client& api,
                   watch_scene& scene, screen& shown, terminal const& out) {
    if (end.has_error()) {
        return report(end.error(), api, false);
    }
    refresh(api, scene);
    scene.task = *end;
    scene.now = host_now();
    scene.notice.clear();
    shown.show(scene);
    if (!out.is_tty) {
        auto const outcome = outcome_of(*end);
        print(paint(outcome.text, outcome.colour, out) + '\n');
        if (auto const failed = failed_text(scene.steps); !failed.empty()) {
            print(failed + '\n');
        }
    }
    if (end->result) {
        constexpr std::ptrdiff_t most_lines = 20;
        auto text = indented_json(*end->result);
        if (std::count(text.begin(), text.end(), '\n') >= most_lines) {
            text = "tasker task get " + end->id.to_string() + " --field /result";
        }
        print(to_text({{"result", {std::move(text)}}}, out));
    }
    return exit_code_of(end->state);
}

exit_code wait_silently(std::string const& url, task_id id, std::chrono::milliseconds limit) {
    client::client api{url};
    auto const task = api.wait(id, limit);
    if (task.has_error()) {
        return report(task.error(), api, true);
    }
    print_response(api);
    return exit_code_of(task->state);
}

} // namespace

exit_code watch_task(std::string const& url, task_id id, bool as_json,
                     std::chrono::milliseconds limit, terminal const& out) {
    if (as_json) {
        return wait_silently(url, id, limit);
    }
    auto const latest = steady_clock::now() + limit;
    client::client api{url};
    auto const task = api.get_task(id);
    if (task.has_error()) {
        return report(task.error(), api, false);
    }
    watch_scene scene{.task = *task, .steps = {}, .now = {}, .notice = {}};
    if (!out.is_tty) {
        print("task " + id.to_string() + "  " + task->name_space + '/' + task->name + ' ' +
              task->version + '\n');
    }
    screen shown{out};
    end_watcher watcher{url, id};
    for (;;) {
        refresh(api, scene);
        scene.now = host_now();
        shown.show(scene);
        if (auto const end = watcher.wait(interval_for(scene.steps.size()))) {
            return show_end(*end, api, scene, shown, out);
        }
        if (steady_clock::now() >= latest) {
            fmt::print(stderr, "tasker: task {} is still {}\n", id.to_string(),
                       model::to_string(scene.task.state));
            return exit_code::timed_out;
        }
    }
}

} // namespace tasker::cli
