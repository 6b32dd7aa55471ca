#include "tasker/queue/tasks.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace tasker::queue {

wire::task_view completed_task::view(wire::task_view before) const {
    before.state = model::task_state::complete;
    before.steps_complete = before.steps_total;
    before.started_at = started_at;
    before.finished_at = finished_at;
    before.result = result;
    return before;
}

std::optional<completed_task> read_completed_task(std::string_view payload) {
    auto const next = [&payload] {
        auto const word = payload.substr(0, payload.find(' '));
        payload.remove_prefix(std::min(payload.size(), word.size() + 1));
        return word;
    };
    auto const moment = [&next]() -> std::optional<timestamp> {
        auto const word = next();
        std::int64_t us = 0;
        auto const [stopped, problem] = std::from_chars(word.data(), word.data() + word.size(), us);
        if (word.empty() || problem != std::errc{} || stopped != word.data() + word.size()) {
            return std::nullopt;
        }
        return timestamp{std::chrono::microseconds{us}};
    };
    auto const id = task_id::parse(next());
    auto const started_at = moment();
    auto const finished_at = moment();
    if (!id || !started_at || !finished_at || payload.empty()) {
        return std::nullopt;
    }
    return completed_task{*id, *started_at, *finished_at, std::string{payload}};
}

} // namespace tasker::queue
