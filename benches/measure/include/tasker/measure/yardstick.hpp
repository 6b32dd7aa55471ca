#pragma once

#include "tasker/measure/clock.hpp"
#include "tasker/measure/session.hpp"

namespace tasker::measure {

/// Fixed work like that of the core's functions: a PL/pgSQL function that reads by index, and one
/// that updates rows by index, plans a statement and commits durably. Timed next to the samples of
/// a case, on the same connection, it shows the present speed of the machine.
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
