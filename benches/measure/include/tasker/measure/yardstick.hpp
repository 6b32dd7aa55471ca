#pragma once

#include "tasker/measure/clock.hpp"
#include "tasker/measure/session.hpp"

namespace tasker::measure {

/// Work of the kind that the core's functions do, and that never changes: a PL/pgSQL function that
/// reads by index, and one that updates rows by index, plans a statement and commits durably. Timed
/// beside the samples of a case, on the same connection, they tell how quick the machine is just
/// then.
class yardstick {
public:
    /// Makes schema `yardstick` in the database, unless it is there.
    explicit yardstick(session& on);

    struct sample {
        timing read;
        timing write;
    };
    sample take();

private:
    session& on_;
};

} // namespace tasker::measure
