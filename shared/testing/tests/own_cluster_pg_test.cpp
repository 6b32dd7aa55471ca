#include "tasker/testing/own_cluster.hpp"

#include "tasker/testing/wait.hpp"

#include <gtest/gtest.h>

namespace tasker::testing {
namespace {

TEST(OwnCluster, KeepsCommittedDataWhenItCrashes) {
    own_cluster cluster;
    cluster.exec("select tasker.register_worker('w', array['orders'])");
    cluster.restart(private_postgres::shutdown::crash);
    EXPECT_EQ(cluster.exec("select name from tasker.workers")[0][0].as<std::string>(), "w");
}

TEST(OwnCluster, RefusesSessionsWhileStopped) {
    own_cluster cluster;
    cluster.server().stop(private_postgres::shutdown::fast, soon()).value();
    EXPECT_FALSE(cluster.server().is_running());
    EXPECT_THROW(cluster.exec("select 1"), pqxx::broken_connection);
    cluster.server().start(soon()).value();
    EXPECT_EQ(cluster.exec("select 1")[0][0].as<int>(), 1);
}

} // namespace
} // namespace tasker::testing
