// cluster_test_owner [FOLDER]: starts a child, or a cluster in FOLDER, prints its process id and
// waits to be killed.

#include "tasker/cluster/private_cluster.hpp"

#include "tasker/cluster/child_process.hpp"

#include <unistd.h>

#include <cstdio>

namespace {

using tasker::steady_clock;

void print_and_wait(pid_t started) {
    std::printf("%d\n", started);
    std::fflush(stdout);
    for (;;) {
        ::pause();
    }
}

void own_child() {
    auto const child =
        tasker::cluster::child_process::start({.argv = {"/bin/sleep", "60"}}).value();
    print_and_wait(child.pid());
}

void own_cluster(char const* folder) {
    auto const cluster =
        tasker::cluster::private_cluster::open({.folder = folder, .is_durable = false},
                                               steady_clock::now() + std::chrono::seconds{30})
            .value();
    print_and_wait(cluster.server_pid());
}

} // namespace

int main(int argc, char** argv) {
    if (argc == 2) {
        own_cluster(argv[1]);
    }
    own_child();
}
