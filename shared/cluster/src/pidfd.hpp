#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/// glibc 2.36 declares these in <sys/pidfd.h>, but for C++ with the wrong linkage.

namespace tasker::cluster {

/// A descriptor of the process, readable once it has ended; -1 if there is no such process.
inline int open_pidfd(pid_t process) noexcept {
    return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
}

/// Does nothing if the process has ended.
inline void send_signal(int pidfd, int signal) noexcept {
    ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

} // namespace tasker::cluster
