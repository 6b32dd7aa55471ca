// tasker-test-cluster start|stop DIR: the PostgreSQL server that a whole run of ctest shares.
//
// `start` creates DIR, leaves a server running in it, and writes the DSN of its database "postgres"
// to DIR/dsn. `stop` stops it and removes DIR. Its data does not survive a power cut.

#include "tasker/private_postgres/private_cluster.hpp"

#include <cstdio>
#include <fstream>
#include <string_view>

namespace {

using tasker::steady_clock;
using tasker::private_postgres::private_cluster;

constexpr std::chrono::seconds limit{60};

tasker::result<void> stop(std::filesystem::path const& folder) {
    std::error_code ignored;
    std::filesystem::remove(folder / "dsn", ignored); // also if the cluster is elsewhere
    return tasker::private_postgres::remove_cluster(folder, steady_clock::now() + limit);
}

tasker::result<void> start(std::filesystem::path const& folder) {
    if (auto stopped = stop(folder); !stopped) {
        return stopped;
    }
    auto cluster = private_cluster::open(
        {.folder = folder, .is_durable = false, .outlives_owner = true, .max_connections = 400});
    if (!cluster) {
        return cluster.error();
    }
    // In the requested folder, even if the cluster is elsewhere.
    std::filesystem::create_directories(folder);
    if (!(std::ofstream{folder / "dsn"} << cluster->dsn() << '\n').flush()) {
        return make_error(tasker::errc::unavailable,
                          "could not write " + (folder / "dsn").string());
    }
    cluster->release();
    return {};
}

} // namespace

int main(int argc, char** argv) {
    std::string_view const verb = argc == 3 ? argv[1] : "";
    if (verb != "start" && verb != "stop") {
        std::fputs("usage: tasker-test-cluster start|stop DIR\n", stderr);
        return 2;
    }
    auto const done = verb == "start" ? start(argv[2]) : stop(argv[2]);
    if (!done) {
        std::fprintf(stderr, "tasker-test-cluster: %s\n", done.error().message.c_str());
        return 1;
    }
    return 0;
}
