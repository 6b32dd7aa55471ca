// process_test_owner: starts a child, prints its process id and waits to be killed.

#include "tasker/process/child_process.hpp"

#include <unistd.h>

#include <cstdio>

int main() {
    auto const child =
        tasker::process::child_process::start({.argv = {"/bin/sleep", "60"}}).value();
    std::printf("%d\n", child.pid());
    std::fflush(stdout);
    for (;;) {
        ::pause();
    }
}
