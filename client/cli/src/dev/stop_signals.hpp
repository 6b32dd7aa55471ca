#pragma once

namespace tasker::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into events to poll for, so that they do not end the process.
///
/// Lifetime: they stay blocked until the process ends.
/// Threads: create it before any other thread, because the signals must be blocked in all threads.
class stop_signals {
public:
    stop_signals();
    ~stop_signals();
    stop_signals(stop_signals const&) = delete;
    stop_signals& operator=(stop_signals const&) = delete;

    /// Readable while a signal has arrived and was not taken yet.
    int native_handle() const noexcept;

    /// Whether a signal arrived. Removes all that did.
    bool take() noexcept;

private:
    int descriptor_;
};

} // namespace tasker::cli
