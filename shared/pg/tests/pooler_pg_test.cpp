#include "connection_fixture.hpp"

#include "tasker/pg/error.hpp"

#include "tasker/testing/pooler.hpp"

#include <gmock/gmock.h>

namespace tasker::pg {
namespace {

using tasker::testing::pooler;
using tasker::testing::run;
using tasker::testing::soon;
using ::testing::HasSubstr;

class SessionPooler : public Connection {
protected:
    pooler pooler_{database_.dsn(), "session"};
};

TEST_F(SessionPooler, WorksWithItsDefaultsAndTheSessionHasItsSettings) {
    auto conn = open({.dsn = pooler_.dsn(),
                      .statement_timeout = std::chrono::milliseconds{1234},
                      .durable_commits = false});
    EXPECT_EQ(setting(conn, "jit"), "off");
    EXPECT_EQ(setting(conn, "default_transaction_isolation"), "read committed");
    EXPECT_EQ(setting(conn, "synchronous_commit"), "off");
    EXPECT_EQ(setting(conn, "statement_timeout"), "1234ms");
}

TEST_F(SessionPooler, PassesTheSettingsOfAConnectionToNoOther) {
    {
        auto first = open({.dsn = pooler_.dsn(), .durable_commits = false});
        ASSERT_EQ(setting(first, "synchronous_commit"), "off");
    }
    auto second = open({.dsn = pooler_.dsn()});
    EXPECT_EQ(setting(second, "synchronous_commit"), "on");
}

TEST_F(SessionPooler, IsNotTriedAgainIfItRefusesTheOptionsOfTheUrl) {
    auto const opened =
        run(io_, connection::open(io_.get_executor(),
                                  {.dsn = pooler_.dsn() + " options='-c jit=on'"}, soon()));
    ASSERT_FALSE(opened);
    EXPECT_FALSE(is_retryable(opened.error()));
    EXPECT_THAT(opened.error().message, HasSubstr("ignore_startup_parameters = options"));
}

} // namespace
} // namespace tasker::pg
