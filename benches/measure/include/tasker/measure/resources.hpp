#pragma once

#include "tasker/measure/engine.hpp"
#include "tasker/measure/recorder.hpp"

#include <map>
#include <string>

namespace tasker::measure {

/// The cost of a piece of work for the machine, in addition to time.
struct usage {
    cpu_times cpu;
    /// "WAL bytes", "commits", "rows written" (inserted, updated, deleted), "updates",
    /// "HOT updates", and the remaining "dead tuples": negative if vacuum removed more than were
    /// created.
    std::map<std::string, double> counts;

    usage operator-(usage const& earlier) const;
};

/// Samples the database's and the processes' counters when made and when asked.
///
/// Backends report to pg_stat at most once a second, at the end of a transaction, and idle ones
/// with a delay of up to 10 s: stop the workers before taking, or read the counts as approximate.
/// WAL and CPU are exact at any time.
class meter {
public:
    explicit meter(engine& on) : on_{on}, begin_{look()} {}

    /// Since it was made.
    usage take() {
        return look() - begin_;
    }

private:
    usage look();

    engine& on_;
    usage begin_;
};

/// Beside a case: each amount divided by the number of steps (or whatever `per` names).
void count(recorder& to, std::string_view name, usage const& spent, double amount,
           std::string const& per = "step");

} // namespace tasker::measure
