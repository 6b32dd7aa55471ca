#pragma once

#include "tasker/worker/worker.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

namespace tasker::python {

/// Numbers the workers of a process, from 1. Guarded by the GIL.
class worker_place {
public:
    worker_place() {
        while (!taken().insert(number_).second) {
            ++number_;
        }
    }

    worker_place(worker_place const&) = delete;
    worker_place& operator=(worker_place const&) = delete;

    ~worker_place() {
        taken().erase(number_);
    }

    int number() const noexcept {
        return number_;
    }

private:
    static std::set<int>& taken() {
        static auto& numbers = *new std::set<int>;
        return numbers;
    }

    int number_ = 1;
};

/// The workers of this process that are in python_worker::run(). Guarded by the GIL, except
/// wait_until_none(). Never destroyed: threads may outlive the static objects.
class running_workers {
public:
    static running_workers& get() {
        return *current();
    }

    /// In a forked child, where no worker runs and a lock may stay locked.
    static void forget() {
        current() = new running_workers;
    }

    void add(worker::worker& worker) {
        working_.insert(&worker);
        std::lock_guard const lock{mutex_};
        ++calls_;
    }

    /// The worker has ended, but its call has not returned yet.
    void has_ended(worker::worker& worker) {
        working_.erase(&worker);
    }

    void has_returned() {
        {
            std::lock_guard const lock{mutex_};
            --calls_;
        }
        changed_.notify_all();
    }

    bool are_working() const {
        return !working_.empty();
    }

    /// The first call lets handlers finish, the second does not.
    void stop() {
        for (auto* const each : working_) {
            each->stop();
        }
    }

    /// REQUIRES: the GIL is not held.
    bool wait_until_none(std::chrono::milliseconds limit) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, limit, [this] { return calls_ == 0; });
    }

private:
    static running_workers*& current() {
        static auto* all = new running_workers;
        return all;
    }

    std::set<worker::worker*> working_;
    std::mutex mutex_;
    std::condition_variable changed_;
    int calls_ = 0;
};

/// Registers a worker in running_workers for the duration of a call.
class running_call {
public:
    explicit running_call(worker::worker& worker) : worker_{worker} {
        running_workers::get().add(worker_);
    }

    running_call(running_call const&) = delete;
    running_call& operator=(running_call const&) = delete;

    ~running_call() {
        running_workers::get().has_ended(worker_);
        running_workers::get().has_returned();
    }

private:
    worker::worker& worker_;
};

} // namespace tasker::python
