#include "api/query_reader.hpp"

#include "tasker/model/names.hpp"
#include "tasker/model/states.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::orchestration::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wire::error_detail;

http::query_parameters parsed(std::string_view query) {
    return http::parse_query(query).value();
}

std::string filters(std::string_view query) {
    auto const given = parsed(query);
    return query_reader{given}.filters();
}

TEST(QueryReader, ReadsEachKindOfParameter) {
    auto const given = parsed("name=a%20b&limit=7&wait=1.25&state=complete&"
                              "created_after=2026-01-02T03:04:05Z&form=true&children=false");
    query_reader query{given};
    EXPECT_EQ(query.text("name"), "a b");
    EXPECT_EQ(query.integer("limit", 1, 10), 7);
    EXPECT_EQ(query.seconds("wait", 300s), 1250ms);
    EXPECT_EQ(query.parsed("state", model::parse_task_state, "a state"),
              model::task_state::complete);
    EXPECT_EQ(query.time("created_after"), parse_rfc3339("2026-01-02T03:04:05Z").value());
    EXPECT_EQ(query.boolean("form"), true);
    EXPECT_EQ(query.boolean("children"), false);
    EXPECT_EQ(query.text("absent"), std::nullopt);
    query.require("name", "the name");
    EXPECT_THAT(query.problems(), IsEmpty());
}

TEST(QueryReader, RefusesAbsentAndWrongValues) {
    auto const given = parsed("form=yes");
    query_reader query{given};
    EXPECT_EQ(query.boolean("form"), std::nullopt);
    query.require("key", "the correlation key");
    ASSERT_EQ(query.problems().size(), 2U);
    EXPECT_EQ(query.problems().at(0).problem, "must be true or false");
    EXPECT_EQ(query.problems().at(1).path, "key");
    EXPECT_EQ(query.problems().at(1).problem, "is required: the correlation key");
}

TEST(QueryReader, RefusesWrongNumbers) {
    for (auto const* value : {"", "x", "0", "11", "1.5", "1x", "-1", "99999999999", " 1"}) {
        auto const given = parsed("limit=" + std::string{value});
        query_reader query{given};
        EXPECT_EQ(query.integer("limit", 1, 10), std::nullopt) << value;
        EXPECT_THAT(query.problems(),
                    ElementsAre(error_detail{"limit", "must be an integer from 1 to 10"}))
            << value;
    }
    for (auto const* value :
         {"", "x", "-1", "300.1", "1e3", "nan", "+1", ".5", "5.", "inf", "0x1", "1 "}) {
        auto const given = parsed("wait=" + std::string{value});
        query_reader query{given};
        EXPECT_EQ(query.seconds("wait", 300s), std::nullopt) << value;
        EXPECT_THAT(query.problems(),
                    ElementsAre(error_detail{"wait", "must be a number of seconds from 0 to 300"}))
            << value;
    }
}

TEST(QueryReader, ReadsSecondsAsJsonWritesThem) {
    for (auto const& [text, wanted] : {std::pair{"0", 0ms},
                                       {"-0.0", 0ms},
                                       {"1e-320", 0ms},
                                       {"2.5E1", 25'000ms},
                                       {"3e2", 300'000ms}}) {
        auto const given = parsed("wait=" + std::string{text});
        query_reader query{given};
        EXPECT_EQ(query.seconds("wait", 300s), wanted) << text;
        EXPECT_THAT(query.problems(), IsEmpty()) << text;
    }
}

TEST(QueryReader, RefusesTextsThatBreakTheirRule) {
    auto const given = parsed("namespace=A-B&name=%20&version=");
    query_reader query{given};
    EXPECT_EQ(query.checked("namespace", model::namespace_problem), std::nullopt);
    EXPECT_EQ(query.checked("name", model::name_problem), std::nullopt);
    EXPECT_EQ(query.checked("version", model::version_problem), std::nullopt);
    EXPECT_THAT(query.problems(),
                ElementsAre(error_detail{"namespace", *model::namespace_problem("A-B")},
                            error_detail{"name", *model::name_problem(" ")},
                            error_detail{"version", *model::version_problem("")}));

    auto const fine = parsed("version=1.0.0");
    query_reader good{fine};
    EXPECT_EQ(good.checked("version", model::version_problem), "1.0.0");
    EXPECT_EQ(good.checked("name", model::name_problem), std::nullopt);
    EXPECT_THAT(good.problems(), IsEmpty());
}

TEST(QueryReader, FiltersExcludeLimitAndCursor) {
    EXPECT_EQ(filters("b=1&limit=3&a=%20&cursor=x"), "a= &b=1&");
    EXPECT_EQ(filters(""), "");
    EXPECT_EQ(filters("limit=3"), "");
}

} // namespace
} // namespace tasker::orchestration::api
