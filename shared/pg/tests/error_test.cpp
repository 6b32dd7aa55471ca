#include "tasker/pg/error.hpp"

#include <gtest/gtest.h>

namespace tasker::pg {
namespace {

error from_server(std::string_view state) {
    return {make_sqlstate_code(state), "…"};
}

TEST(PgError, KeepsTheFiveCharactersOfAnSqlstate) {
    for (auto const* state : {"TK004", "40001", "0A000", "ZZZZZ", "00001"}) {
        EXPECT_EQ(sqlstate_of(from_server(state)), state);
        EXPECT_TRUE(from_server(state).code.failed());
    }
    EXPECT_EQ(from_server("TK004").code.message(), "SQLSTATE TK004");
}

TEST(PgError, ReportsAMalformedSqlstateAsAnInternalError) {
    EXPECT_EQ(sqlstate_of(from_server("abc")), "XX000");
    EXPECT_EQ(sqlstate_of(from_server("40o01")), "XX000");
}

TEST(PgError, HasNoSqlstateUnlessTheServerRaisedIt) {
    EXPECT_EQ(sqlstate_of(make_error(errc::connection_lost, "")), "");
    EXPECT_EQ(sqlstate_of(make_error(tasker::errc::timeout, "")), "");
}

TEST(PgError, IsRetryableIfTheCauseIsTransient) {
    for (auto const* state : {"40001", "40P01", "57P01", "53300", "25006", "08006", "57014"}) {
        EXPECT_TRUE(is_retryable(from_server(state))) << state;
        EXPECT_FALSE(is_callers_fault(from_server(state))) << state;
    }
    EXPECT_TRUE(is_retryable(make_error(errc::connection_lost_in_doubt, "")));
    EXPECT_TRUE(is_retryable(make_error(errc::could_not_connect, "")));
    EXPECT_TRUE(is_retryable(make_error(tasker::errc::unavailable, "")));
    EXPECT_FALSE(is_retryable(from_server("0A000")));
    EXPECT_FALSE(is_retryable(make_error(errc::cancelled, "")));
    EXPECT_FALSE(is_retryable(make_error(errc::too_large, "")));
    EXPECT_FALSE(is_retryable(make_error(tasker::errc::conflict, "")));
}

TEST(PgError, IsARefusalIfTheConnectionRemains) {
    EXPECT_TRUE(is_refusal(from_server("53200")));
    EXPECT_TRUE(is_refusal(from_server("22P02")));
    EXPECT_FALSE(is_refusal(from_server("57P01")));
    EXPECT_FALSE(is_refusal(make_error(errc::connection_lost, "")));
}

TEST(PgError, IsTheCallersFaultIfArgumentsAreRefused) {
    for (auto const* state : {"TK001", "TK006", "22P02", "22003", "54001", "54000"}) {
        EXPECT_TRUE(is_callers_fault(from_server(state))) << state;
        EXPECT_FALSE(is_retryable(from_server(state))) << state;
        EXPECT_FALSE(ruins_connection(from_server(state))) << state;
    }
    EXPECT_TRUE(is_callers_fault(make_error(errc::too_large, "")));
    EXPECT_FALSE(is_callers_fault(from_server("42883")));
}

TEST(PgError, RuinsAConnectionByItsEndAndByLostStatements) {
    for (auto const* state : {"57P01", "08P01", "25006", "26000"}) {
        EXPECT_TRUE(ruins_connection(from_server(state))) << state;
    }
    EXPECT_TRUE(ruins_connection(make_error(errc::timeout_in_doubt, "")));
    EXPECT_FALSE(ruins_connection(from_server("40001")));
    EXPECT_FALSE(ruins_connection(make_error(errc::too_large, "")));
}

TEST(PgError, IsInDoubtOnlyOnceTheCallWasSent) {
    for (auto const code :
         {errc::connection_lost_in_doubt, errc::timeout_in_doubt, errc::cancelled_in_doubt}) {
        EXPECT_TRUE(is_in_doubt(make_error(code, "")));
    }
    for (auto const code : {errc::connection_lost, errc::timeout, errc::cancelled, errc::closed,
                            errc::could_not_connect}) {
        EXPECT_FALSE(is_in_doubt(make_error(code, "")));
    }
    EXPECT_TRUE(is_in_doubt(from_server("40003")));
    EXPECT_FALSE(is_in_doubt(from_server("40001")));
}

} // namespace
} // namespace tasker::pg
