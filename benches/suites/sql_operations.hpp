#pragma once

#include "tasker/measure/stage.hpp"

#include <array>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace tasker::suites {

/// A database with so many tasks, half of them complete, and some of them sampled: as many complete
/// ones as begun and untouched ones. The sample is seeded.
class populated {
public:
    populated(std::string const& dsn, std::size_t tasks);
    populated(populated const&) = delete;
    populated& operator=(populated const&) = delete;
    ~populated() = default;

    measure::stage& stage() noexcept {
        return stage_;
    }

    /// The sampled tasks, one after the other.
    task_id next_task();

    /// Of a task of which two steps are complete: one that was claimed with its parents' results.
    queue::claimed_step const& begun_step() const noexcept {
        return begun_;
    }

private:
    measure::stage stage_;
    std::vector<task_id> sampled_;
    std::size_t next_ = 0;
    queue::claimed_step begun_;
};

/// One call of a function of the core. `run` prepares, calls, puts back, and returns how long the
/// call took. Errors: throws if the call did not do what it should.
struct operation {
    std::string name; ///< "claim_steps, 10"
    std::function<measure::timing(populated&)> run;
};

std::vector<operation> const& operations();

} // namespace tasker::suites
