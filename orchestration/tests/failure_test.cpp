#include "failure.hpp"

#include "tasker/pg/error.hpp"

#include <gtest/gtest.h>

namespace tasker::orchestration {
namespace {

using wire::error_code;

TEST(Failure, MessagesOfPostgresqlAreOnlyLogged) {
    // Invalid text, a value out of range, a violated constraint, no memory, a broken server.
    for (auto const* state : {"22021", "22003", "23514", "53200", "XX000"}) {
        auto const body = to_error_body(
            make_error(pg::make_sqlstate_code(state), "Failing row contains (secret)"));
        EXPECT_EQ(body.message.find("secret"), std::string::npos) << state << ' ' << body.message;
        EXPECT_FALSE(body.message.empty()) << state;
    }
    EXPECT_EQ(to_error_body(make_error(pg::make_sqlstate_code("22021"), "secret")),
              (wire::error_body{error_code::unprocessable,
                                "the database refused the data; see the server's log",
                                {}}));
}

TEST(Failure, RefusalsOfTaskersSqlFunctionsAreSent) {
    EXPECT_EQ(to_error_body(make_error(pg::make_sqlstate_code("TK003"), "the task is complete")),
              (wire::error_body{error_code::conflict, "the task is complete", {}}));
}

} // namespace
} // namespace tasker::orchestration
