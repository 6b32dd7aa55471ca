#pragma once

#include <pybind11/pybind11.h>

#include <chrono>

namespace tasker::python {

/// Holds Python's lock. On a thread that C++ started, the first hold creates a thread state that
/// lasts until the thread ends; later holds cost a fraction of a microsecond. May be nested.
class gil_hold {
public:
    gil_hold();
    gil_hold(gil_hold const&) = delete;
    gil_hold& operator=(gil_hold const&) = delete;
    ~gil_hold();

private:
    enum class kind { nested, own_state, pythons_state };

    kind kind_;
    PyGILState_STATE before_{};
};

/// From now on, threads that get their state from gil_hold also get this thread's signal mask. The
/// pool's threads block all signals; programs that handlers start would inherit that, and could not
/// be terminated.
/// REQUIRES: the GIL is held.
void share_signal_mask();

/// Waits until every thread that got its state from gil_hold has ended; false if some still live.
/// REQUIRES: the GIL is not held.
bool wait_for_threads(std::chrono::milliseconds limit);

/// In a forked child, only this thread exists. The locks are abandoned, because another thread may
/// have held them.
void forget_other_threads();

/// Releases an object on a thread that may not hold the GIL and must not wait for it, because
/// Python may be ending. Releases it immediately if the GIL is held, otherwise in the next
/// let_go().
void give_up(pybind11::object object);

/// REQUIRES: the GIL is held.
void let_go();

/// Whether Python is ending. Then no Python object may be used.
bool is_finalizing() noexcept;

} // namespace tasker::python
