#include "stop_signals.hpp"

#include "tasker/base/assert.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace tasker::cli {

stop_signals::stop_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (int const signal : {SIGINT, SIGTERM, SIGHUP}) {
        ::sigaddset(&signals, signal);
    }
    TASKER_ASSERT(::pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
    descriptor_ = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    TASKER_ASSERT(descriptor_ >= 0);
}

stop_signals::~stop_signals() {
    ::close(descriptor_);
}

int stop_signals::native_handle() const noexcept {
    return descriptor_;
}

bool stop_signals::take() noexcept {
    bool has_come = false;
    signalfd_siginfo info{};
    while (::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        has_come = true;
    }
    return has_come;
}

} // namespace tasker::cli
