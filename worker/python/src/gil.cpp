#include "gil.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <vector>

namespace tasker::python {

namespace {

struct thread_count {
    std::mutex mutex;
    std::condition_variable changed;
    int living = 0;
};

/// Never destroyed: threads may outlive the static objects.
auto* all_threads = new thread_count;

thread_count& threads() {
    return *all_threads;
}

void count(int more) {
    {
        std::lock_guard const lock{threads().mutex};
        threads().living += more;
    }
    threads().changed.notify_all();
}

/// Guarded by the GIL.
std::optional<sigset_t> shared_signal_mask;

/// The Python thread state of a thread that C++ started.
class attachment {
public:
    attachment() = default;
    attachment(attachment const&) = delete;
    attachment& operator=(attachment const&) = delete;

    ~attachment() {
        if (state_ == nullptr) {
            return;
        }
        if (!is_finalizing()) {
            PyEval_RestoreThread(state_);
            PyGILState_Release(PyGILState_UNLOCKED);
        }
        count(-1);
    }

    bool is_made() const noexcept {
        return state_ != nullptr;
    }

    /// Takes the GIL.
    void make() {
        PyGILState_Ensure();
        state_ = PyThreadState_Get();
        if (shared_signal_mask) {
            pthread_sigmask(SIG_SETMASK, &*shared_signal_mask, nullptr);
        }
        count(1);
    }

    void take_gil() const {
        PyEval_RestoreThread(state_);
    }

private:
    PyThreadState* state_ = nullptr;
};

thread_local attachment this_thread;

struct graveyard {
    std::mutex mutex;
    std::vector<PyObject*> objects;
};

/// Never destroyed, like threads().
auto* all_given_up = new graveyard;

graveyard& given_up() {
    return *all_given_up;
}

} // namespace

gil_hold::gil_hold() : kind_{kind::nested} {
    if (this_thread.is_made()) {
        if (PyGILState_Check() == 0) {
            kind_ = kind::own_state;
            this_thread.take_gil();
        }
    } else if (PyGILState_GetThisThreadState() == nullptr) {
        kind_ = kind::own_state;
        this_thread.make();
    } else {
        kind_ = kind::pythons_state;
        before_ = PyGILState_Ensure();
    }
}

gil_hold::~gil_hold() {
    switch (kind_) {
    case kind::nested:
        return;
    case kind::own_state:
        PyEval_SaveThread();
        return;
    case kind::pythons_state:
        PyGILState_Release(before_);
        return;
    }
}

void share_signal_mask() {
    sigset_t of_this_thread;
    pthread_sigmask(SIG_SETMASK, nullptr, &of_this_thread);
    shared_signal_mask = of_this_thread;
}

bool wait_for_threads(std::chrono::milliseconds limit) {
    std::unique_lock lock{threads().mutex};
    return threads().changed.wait_for(lock, limit, [] { return threads().living == 0; });
}

void forget_other_threads() {
    all_threads = new thread_count;
    all_threads->living = this_thread.is_made() ? 1 : 0;
    all_given_up = new graveyard;
}

void give_up(pybind11::object object) {
    if (!object) {
        return;
    }
    if (PyGILState_Check() != 0) {
        object.release().dec_ref();
        return;
    }
    std::lock_guard const lock{given_up().mutex};
    given_up().objects.push_back(object.release().ptr());
}

void let_go() {
    std::vector<PyObject*> gone;
    {
        std::lock_guard const lock{given_up().mutex};
        gone.swap(given_up().objects);
    }
    for (auto* const each : gone) {
        Py_DECREF(each);
    }
}

bool is_finalizing() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
    return Py_IsFinalizing() != 0;
#else
    return _Py_IsFinalizing() != 0;
#endif
}

} // namespace tasker::python
