#include "step_notes.hpp"

#include <utility>

namespace tasker::worker {

void step_notes::set_checkpoint(std::string json) {
    std::lock_guard const lock{mutex_};
    checkpoint_ = std::move(json);
    lacks_checkpoint_ = true;
    note();
}

void step_notes::set_progress(double share, std::string message) {
    std::lock_guard const lock{mutex_};
    progress_ = share;
    message_ = std::move(message);
    lacks_progress_ = true;
    note();
}

std::optional<std::string> step_notes::checkpoint() const {
    std::lock_guard const lock{mutex_};
    return checkpoint_;
}

queue::noted_step step_notes::unstored(queue::lease held) const {
    std::lock_guard const lock{mutex_};
    queue::noted_step notes{
        .held = held, .number = number_, .checkpoint = {}, .progress = {}, .message = {}};
    if (lacks_checkpoint_) {
        notes.checkpoint = checkpoint_;
    }
    if (lacks_progress_) {
        notes.progress = progress_;
        notes.message = message_;
    }
    return notes;
}

void step_notes::mark_stored(std::int32_t number) {
    std::lock_guard const lock{mutex_};
    if (number == number_) {
        lacks_checkpoint_ = false;
        lacks_progress_ = false;
        has_unstored_ = false;
    }
}

void step_notes::note() {
    ++number_;
    has_unstored_ = true;
}

} // namespace tasker::worker
