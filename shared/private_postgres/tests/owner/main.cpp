// private_postgres_test_owner FOLDER: starts a cluster in FOLDER, prints its server's process id
// and waits to be killed.

#include "tasker/private_postgres/private_cluster.hpp"

#include <unistd.h>

#include <cstdio>

int main(int /*argc*/, char** argv) {
    auto const cluster =
        tasker::private_postgres::private_cluster::open({.folder = argv[1], .is_durable = false})
            .value();
    std::printf("%d\n", cluster.server_pid());
    std::fflush(stdout);
    for (;;) {
        ::pause();
    }
}
