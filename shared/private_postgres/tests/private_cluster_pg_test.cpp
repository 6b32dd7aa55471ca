#include "tasker/private_postgres/private_cluster.hpp"

#include "tasker/testing/owner.hpp"
#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>
#include <pqxx/pqxx>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

/// libpqxx 6.4 does not free the PGresult of a query during which the server dies.
extern "C" char const* __lsan_default_suppressions() { // NOLINT
    return "leak:libpqxx";
}

namespace tasker::private_postgres {
namespace {

namespace fs = std::filesystem;
using tasker::testing::soon;
using tasker::testing::temporary_folder;
using ::testing::HasSubstr;

std::string value(private_cluster const& cluster, std::string const& query) {
    pqxx::connection session{cluster.dsn()};
    pqxx::work work{session};
    std::string const text = work.exec(query)[0][0].as<std::string>();
    work.commit();
    return text;
}

void run(private_cluster const& cluster, std::string const& statements) {
    pqxx::connection session{cluster.dsn()};
    pqxx::work work{session};
    work.exec(statements);
    work.commit();
}

class PrivateCluster : public ::testing::Test {
protected:
    result<private_cluster> open(bool is_durable = false) {
        return private_cluster::open({.folder = folder.path(), .is_durable = is_durable});
    }
    fs::path data() const {
        return folder / "data";
    }

    temporary_folder folder;
};

TEST_F(PrivateCluster, AcceptsSessionsOnceOpen) {
    auto cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "show server_encoding"), "UTF8");
    EXPECT_EQ(value(*cluster, "show data_directory"), fs::canonical(data()).string());
    EXPECT_EQ(value(*cluster, "show listen_addresses"), "");
    EXPECT_EQ(value(*cluster, "show fsync"), "off");
    EXPECT_EQ(value(*cluster, "show server_version_num").substr(0, 2),
              std::to_string(cluster->major_version()));
}

TEST_F(PrivateCluster, WritesToDiskByDefault) {
    auto const cluster = open(true);
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "show fsync"), "on");
    EXPECT_EQ(value(*cluster, "show full_page_writes"), "on");
    EXPECT_EQ(value(*cluster, "show synchronous_commit"), "on");
}

TEST_F(PrivateCluster, PassesFurtherSettingsToTheServer) {
    auto const cluster = private_cluster::open(
        {.folder = folder.path(), .is_durable = false, .settings = {{"work_mem", "7MB"}}});
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "show work_mem"), "7MB");
}

TEST_F(PrivateCluster, ReportsWhyTheServerDoesNotStart) {
    auto const cluster = private_cluster::open(
        {.folder = folder.path(), .is_durable = false, .settings = {{"work_mem", "soup"}}});
    ASSERT_FALSE(cluster);
    EXPECT_EQ(cluster.error().code, errc::unavailable);
    EXPECT_THAT(cluster.error().message, HasSubstr("\"soup\""));
}

TEST_F(PrivateCluster, KeepsItsDataWhenOpenedAgain) {
    {
        auto const cluster = open();
        ASSERT_TRUE(cluster) << cluster.error().message;
        run(*cluster, "create table kept as select 7 as a");
    }
    auto const cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "select a from kept"), "7");
}

TEST_F(PrivateCluster, KeepsCommittedDataInEveryKindOfRestart) {
    auto cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    run(*cluster, "create table kept (a int)");
    std::string const dsn = cluster->dsn();
    int count = 0;
    for (shutdown const mode : {shutdown::fast, shutdown::immediate, shutdown::crash}) {
        run(*cluster, "insert into kept values (1)");
        pqxx::connection session{dsn};
        auto const restarted = cluster->restart(mode, soon());
        ASSERT_TRUE(restarted) << restarted.error().message;
        EXPECT_EQ(value(*cluster, "select count(*) from kept"), std::to_string(++count));
        EXPECT_EQ(cluster->dsn(), dsn);
    }
}

TEST_F(PrivateCluster, NoticesThatTheServerHasEnded) {
    auto cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_TRUE(cluster->is_running());
    ::kill(cluster->server_pid(), SIGQUIT);
    EXPECT_TRUE(testing::wait_until(soon(), [&] { return !cluster->is_running(); }));
    EXPECT_EQ(cluster->native_handle(), -1);
    auto const started = cluster->start(soon());
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ(value(*cluster, "select 1"), "1");
}

TEST_F(PrivateCluster, StartsAgainWhenSessionsOutliveAKilledServer) {
    auto cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    // It looks at nothing, so it does not notice that the server is gone.
    std::thread busy{[dsn = cluster->dsn()] {
        pqxx::connection session{dsn};
        pqxx::nontransaction work{session};
        work.exec("set statement_timeout = '20s'");
        EXPECT_THROW(work.exec("do $$ begin loop end loop; end $$"), pqxx::broken_connection);
    }};
    auto const is_busy = [&] {
        return value(*cluster, "select count(*) from pg_stat_activity where query like 'do %'") ==
               "1";
    };
    EXPECT_TRUE(testing::wait_until(soon(), is_busy));
    ::kill(cluster->server_pid(), SIGKILL);
    EXPECT_TRUE(testing::wait_until(soon(), [&] { return !cluster->is_running(); }));
    auto const started = cluster->start(soon());
    busy.join();
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ(value(*cluster, "select 1"), "1");
}

TEST_F(PrivateCluster, StartsAndStopsOnlyOnce) {
    auto cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    pid_t const server = cluster->server_pid();
    EXPECT_TRUE(cluster->start(soon()));
    EXPECT_EQ(cluster->server_pid(), server);
    EXPECT_TRUE(cluster->stop(shutdown::fast, soon()));
    EXPECT_TRUE(cluster->stop(shutdown::fast, soon()));
    EXPECT_EQ(cluster->server_pid(), 0);
}

TEST_F(PrivateCluster, HasOneOwnerAtATime) {
    auto const first = open();
    ASSERT_TRUE(first) << first.error().message;
    auto const second = open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::conflict);
    EXPECT_THAT(second.error().message,
                HasSubstr("in use by process " + std::to_string(::getpid())));
    EXPECT_FALSE(remove_cluster(folder.path(), soon()));
}

TEST_F(PrivateCluster, EndsWithItsOwnerAndOpensAgain) {
    testing::owner killed{"private_postgres_test_owner", {folder.path()}};
    killed.kill();
    // Immediately, while the old server may still be ending.
    auto const cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "select 1"), "1");
    EXPECT_TRUE(testing::wait_until(soon(), [&] { return ::kill(killed.owned(), 0) != 0; }));
}

TEST_F(PrivateCluster, StopsAServerThatWasLeftRunning) {
    pid_t left = 0;
    {
        auto cluster = private_cluster::open(
            {.folder = folder.path(), .is_durable = false, .outlives_owner = true});
        ASSERT_TRUE(cluster) << cluster.error().message;
        left = cluster->server_pid();
        cluster->release();
    }
    EXPECT_EQ(::kill(left, 0), 0);
    auto const cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_NE(cluster->server_pid(), left);
    ::waitpid(left, nullptr, 0);
}

TEST_F(PrivateCluster, IsRemovedWithAServerThatWasLeftRunning) {
    auto cluster = private_cluster::open(
        {.folder = folder / "cluster", .is_durable = false, .outlives_owner = true});
    ASSERT_TRUE(cluster) << cluster.error().message;
    pid_t const left = cluster->server_pid();
    cluster->release();
    { private_cluster const gone = std::move(*cluster); }
    auto const removed = remove_cluster(folder / "cluster", soon());
    EXPECT_TRUE(removed) << removed.error().message;
    EXPECT_FALSE(fs::exists(folder / "cluster"));
    ::waitpid(left, nullptr, 0);
    EXPECT_TRUE(remove_cluster(folder / "cluster", soon()));
}

TEST_F(PrivateCluster, IgnoresAStalePidFileWithTheNumberOfAnotherProgram) {
    { ASSERT_TRUE(open()); }
    std::ofstream{data() / "postmaster.pid"} << ::getpid() << "\n"
                                             << data().string() << "\n0\n5432\n\n\n\nready\n";
    auto const cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "select 1"), "1");
}

TEST_F(PrivateCluster, IsCreatedAgainAfterAnInterruptedInitdb) {
    fs::create_directory(folder / "data.new");
    std::ofstream{folder / "data.new" / "PG_VERSION"} << "15\n";
    auto const cluster = open();
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_FALSE(fs::exists(folder / "data.new"));
}

TEST_F(PrivateCluster, RefusesDataOfAVersionThatIsNotInstalled) {
    fs::create_directory(data());
    std::ofstream{data() / "PG_VERSION"} << "9\n";
    auto const cluster = open();
    ASSERT_FALSE(cluster);
    EXPECT_EQ(cluster.error().code, errc::conflict);
    EXPECT_THAT(cluster.error().message, HasSubstr("was created by PostgreSQL 9"));
}

TEST_F(PrivateCluster, RefusesAFolderWithOtherFiles) {
    fs::create_directory(data());
    std::ofstream{data() / "diary.txt"} << "Dear diary\n";
    auto const cluster = open();
    ASSERT_FALSE(cluster);
    EXPECT_EQ(cluster.error().code, errc::conflict);
    EXPECT_TRUE(fs::exists(data() / "diary.txt"));
}

TEST_F(PrivateCluster, OpensInAFolderWithAPathTooLongForASocket) {
    fs::path const deep = folder / std::string(100, 'd');
    auto const cluster = private_cluster::open({.folder = deep, .is_durable = false});
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "select 1"), "1");
    EXPECT_THAT(cluster->dsn(), HasSubstr("host='/tmp/tasker-"));
}

TEST_F(PrivateCluster, OpensInAFolderWithSpecialCharactersInItsName) {
    fs::path const odd = folder / "it's, \"so\" \\ to say";
    auto const cluster = private_cluster::open({.folder = odd, .is_durable = false});
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "select 1"), "1");
}

TEST_F(PrivateCluster, GivesUpAtTheDeadline) {
    auto const cluster =
        private_cluster::open({.folder = folder.path(), .is_durable = false}, steady_clock::now());
    ASSERT_FALSE(cluster);
    EXPECT_EQ(cluster.error().code, errc::timeout);
}

/// Root's server cannot enter a folder that only root can.
TEST_F(PrivateCluster, UsesAnotherFolderIfTheServersUserCannotReachTheFirst) {
    fs::path const asked = folder / "closed" / "cluster";
    fs::create_directory(folder / "closed");
    fs::permissions(folder / "closed", fs::perms::owner_all);
    auto cluster = private_cluster::open({.folder = asked, .is_durable = false});
    ASSERT_TRUE(cluster) << cluster.error().message;
    EXPECT_EQ(value(*cluster, "select 1"), "1");
    if (::geteuid() == 0) {
        EXPECT_EQ(cluster->folder().parent_path(), "/var/tmp");
    } else {
        EXPECT_EQ(cluster->folder(), fs::canonical(asked));
    }
    fs::path const taken = cluster->folder();
    { private_cluster const gone = std::move(*cluster); }
    EXPECT_TRUE(remove_cluster(asked, soon()));
    EXPECT_FALSE(fs::exists(taken));
}

TEST(FindServerPrograms, ReportsTheSearchedFolders) {
    auto const found = find_server_programs(9);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, errc::not_found);
    EXPECT_THAT(found.error().message, HasSubstr("PostgreSQL 9"));
    EXPECT_THAT(found.error().message, HasSubstr("TASKER_PG_BIN"));
}

} // namespace
} // namespace tasker::private_postgres
