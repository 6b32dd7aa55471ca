#pragma once

namespace tasker::cli {

/// SIGINT, SIGTERM and SIGHUP as something to poll for, instead of an end at once.
///
/// Lifetime: they stay blocked until the process ends.
/// Threads: make it before the process has any other thread, which would not block them.
class stop_signals {
public:
    stop_signals();
    ~stop_signals();
    stop_signals(stop_signals const&) = delete;
    stop_signals& operator=(stop_signals const&) = delete;

    /// Readable once a signal has come and not been taken yet.
    int native_handle() const noexcept;

    /// Has one come? Takes all that have.
    bool take() noexcept;

private:
    int descriptor_;
};

} // namespace tasker::cli
