#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::HasSubstr;

/// The message of the refusal with TK001, or "" if the statement is accepted.
std::string refusal(workflow_database& w, std::string const& statement) {
    try {
        w.db().exec(statement);
        return {};
    } catch (pqxx::sql_error const& refused) {
        EXPECT_EQ(refused.sqlstate(), "TK001") << statement << ": " << refused.what();
        return refused.what();
    }
}

TEST(Arguments, OfDifferentLengthsOrAbsentAreRefused) {
    workflow_database w;
    auto const* const task = "array['00000000-0000-7000-8000-000000000001']::uuid[]";
    for (std::string const& call :
         {fmt::format("tasker.extend_leases('tasker_default', 30, {}, '{{0}}', '{{1,1}}', '{{1}}')",
                      task),
          fmt::format("tasker.extend_leases('tasker_default', 30, {}, '{{0}}', null, '{{1}}')",
                      task),
          fmt::format("tasker.release_steps('tasker_default', {}, '{{}}', '{{1}}', '{{1}}')", task),
          fmt::format("tasker.start_steps({}, '{{0}}', '{{1}}', '{{}}')", task),
          fmt::format(
              "tasker.store_progress({}, '{{0}}', '{{1}}', '{{1}}', '{{null}}', '{{null}}', "
              "'{{}}')",
              task),
          fmt::format(
              "tasker.store_progress({}, '{{0}}', '{{1}}', '{{1}}', '{{null}}', '{{null}}', "
              "'{{null}}', '{{null,null}}')",
              task),
          fmt::format("tasker.create_tasks({}, '{{1}}', '{{2}}', '{{null}}', '{{null}}', p_labels "
                      "=> '{{null,null}}')",
                      task),
          fmt::format("tasker.finish_steps('tasker_default', 1, 30, 0, {}, null, '{{1}}', '{{1}}', "
                      "'{{success}}', '{{1}}', '{{null}}', '{{null}}')",
                      task),
          std::string{"tasker.release_steps('tasker_default', null, '{}', '{}', '{}')"}}) {
        EXPECT_THAT(refusal(w, "select " + call), HasSubstr("must have the same length")) << call;
    }
}

TEST(Arguments, ALeaseLastsASecondOrMore) {
    workflow_database w;
    for (auto const* lease : {"0", "-5", "null"}) {
        EXPECT_THAT(
            refusal(w, fmt::format("select tasker.extend_leases('tasker_default', {}, '{{}}', "
                                   "'{{}}', '{{}}', '{{}}')",
                                   lease)),
            HasSubstr("1 s or more"));
    }
}

} // namespace
} // namespace tasker::sql::testing
