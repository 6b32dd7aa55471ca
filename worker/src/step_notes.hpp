#pragma once

#include "tasker/queue/steps.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::worker {

/// What a handler notes about its step, until the database has it.
/// Threads: any.
class step_notes {
public:
    /// `json` replaces the last checkpoint.
    void set_checkpoint(std::string json);

    /// `share`: from 0 to 1.
    void set_progress(double share, std::string message);

    /// Adds to what this delivery has spent of a unit.
    /// Errors: std::invalid_argument; then nothing is added.
    void add_spending(std::string_view unit, std::int64_t amount);

    /// All that was added, by unit.
    std::map<std::string, std::int64_t, std::less<>> spent() const;

    /// The last checkpoint that was set here; none if there is none.
    std::optional<std::string> checkpoint() const;

    /// Whether the database may lack a note. Cheap.
    bool has_unstored() const noexcept {
        return has_unstored_.load(std::memory_order_relaxed);
    }

    /// Whether the database may lack what was spent. Cheap.
    bool has_unstored_spending() const noexcept {
        return lacks_spending_.load(std::memory_order_relaxed);
    }

    /// All that the database may lack, with the number of the last note.
    queue::noted_step unstored(queue::lease held) const;

    /// The database has the notes up to this number.
    void mark_stored(std::int32_t number);

private:
    void note();

    mutable std::mutex mutex_;
    std::int32_t number_ = 0; ///< of the last note
    std::optional<std::string> checkpoint_;
    std::optional<double> progress_;
    std::optional<std::string> message_;
    bool lacks_checkpoint_ = false;
    std::map<std::string, std::int64_t, std::less<>> spent_;
    bool lacks_progress_ = false;
    std::atomic<bool> lacks_spending_ = false;
    std::atomic<bool> has_unstored_ = false;
};

} // namespace tasker::worker
