#include "pipeline.hpp"

#include "tasker/pg/error.hpp"

#include <gtest/gtest.h>

namespace tasker::pg {
namespace {

error refusal(std::string_view state = "22003") {
    return {make_sqlstate_code(state), "refused"};
}

TEST(Pipeline, FinishesAPreparedCallWithItsRowsAndSync) {
    pipeline p;
    p.sent(nullptr);
    EXPECT_TRUE(p.on_rows(rows{}));
    EXPECT_EQ(p.unfinished(), 1U);
    auto const done = p.on_sync();
    ASSERT_TRUE(done);
    EXPECT_TRUE(done->answer.has_value());
    EXPECT_EQ(done->unprepared, nullptr);
    EXPECT_EQ(p.unfinished(), 0U);
}

TEST(Pipeline, ExpectsThePreparationBeforeTheRows) {
    pipeline p;
    p.sent("name");
    EXPECT_FALSE(p.on_rows(rows{}));
    EXPECT_TRUE(p.on_prepared());
    EXPECT_FALSE(p.on_prepared());
    EXPECT_TRUE(p.on_rows(rows{}));
    EXPECT_TRUE(p.on_sync());
}

TEST(Pipeline, NamesTheStatementThatCouldNotBePrepared) {
    pipeline p;
    p.sent("name");
    EXPECT_TRUE(p.on_error(refusal("42883")));
    EXPECT_TRUE(p.on_skipped());
    auto const done = p.on_sync();
    ASSERT_TRUE(done);
    EXPECT_EQ(sqlstate_of(done->answer.error()), "42883");
    EXPECT_STREQ(done->unprepared, "name");
}

TEST(Pipeline, KeepsAStatementWhoseExecutionFailed) {
    pipeline p;
    p.sent("name");
    EXPECT_TRUE(p.on_prepared());
    EXPECT_TRUE(p.on_error(refusal()));
    auto const done = p.on_sync();
    ASSERT_TRUE(done);
    EXPECT_TRUE(done->answer.has_error());
    EXPECT_EQ(done->unprepared, nullptr);
}

TEST(Pipeline, TakesAnErrorInPlaceOfTheSyncForAFailedCommit) {
    pipeline p;
    p.sent(nullptr);
    EXPECT_TRUE(p.on_rows(rows{}));
    EXPECT_TRUE(p.on_error(refusal("23505")));
    auto const done = p.on_sync();
    ASSERT_TRUE(done);
    EXPECT_EQ(sqlstate_of(done->answer.error()), "23505");
}

TEST(Pipeline, DoubtsTheCommitIfTheSessionEndsBetweenRowsAndSync) {
    pipeline p;
    p.sent(nullptr);
    EXPECT_TRUE(p.on_rows(rows{}));
    EXPECT_TRUE(p.on_error(refusal("57P01")));
    auto const answers = p.on_end(pipeline::end::lost, "gone");
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_TRUE(is_in_doubt(answers[0].error()));
}

TEST(Pipeline, KeepsTheServersRefusalWhenTheConnectionEndsBeforeTheSync) {
    pipeline p;
    p.sent(nullptr);
    p.sent(nullptr);
    EXPECT_TRUE(p.on_error(refusal("57P01")));
    auto const answers = p.on_end(pipeline::end::lost, "gone");
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(sqlstate_of(answers[0].error()), "57P01");
    EXPECT_FALSE(is_in_doubt(answers[0].error()));
    EXPECT_EQ(answers[1].error().code, errc::connection_lost_in_doubt);
    EXPECT_EQ(answers[1].error().message, "gone");
    EXPECT_EQ(p.unfinished(), 0U);
}

TEST(Pipeline, ReportsWhyAnAnswerIsMissing) {
    for (auto const& [why, code] :
         {std::pair{pipeline::end::timeout, errc::timeout_in_doubt},
          std::pair{pipeline::end::cancelled, errc::cancelled_in_doubt}}) {
        pipeline p;
        p.sent(nullptr);
        EXPECT_TRUE(p.on_rows(rows{})); // rows without their sync may be rolled back yet
        EXPECT_EQ(p.on_end(why, "").at(0).error().code, code);
    }
}

TEST(Pipeline, RefusesUnexpectedAnswers) {
    pipeline p;
    EXPECT_FALSE(p.on_prepared());
    EXPECT_FALSE(p.on_rows(rows{}));
    EXPECT_FALSE(p.on_error(refusal()));
    EXPECT_FALSE(p.on_skipped());
    EXPECT_FALSE(p.on_sync());
    p.sent(nullptr);
    EXPECT_FALSE(p.on_sync());
    EXPECT_FALSE(p.on_skipped());
}

} // namespace
} // namespace tasker::pg
