#include "tasker/http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::http {
namespace {

using boost::beast::http::verb;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class Router : public ::testing::Test {
protected:
    Router() {
        add(verb::get, "/v1/tasks/{task_id}");
        add(verb::post, "/v1/tasks/batch");
        add(verb::get, "/v1/tasks");
        add(verb::post, "/v1/tasks");
        add(verb::get, "/v1/tasks/{task_id}/steps/{name}");
        add(verb::post, "/v1/tasks/{task_id}/cancel");
    }

    void add(verb method, std::string pattern) {
        routes_.add({method, std::move(pattern), {}});
    }

    std::string found(verb method, std::string target) {
        asked_.clear();
        asked_.method = method;
        asked_.target = std::move(target);
        match_ = routes_.match(asked_);
        return match_.found == nullptr ? "" : match_.found->pattern;
    }

    router routes_;
    request asked_;
    route_match match_;
};

TEST_F(Router, FindsALiteralPathByItsMethod) {
    EXPECT_EQ(found(verb::get, "/v1/tasks"), "/v1/tasks");
    EXPECT_EQ(match_.found->method, verb::get);
    EXPECT_EQ(found(verb::post, "/v1/tasks?x=1"), "/v1/tasks");
    EXPECT_EQ(match_.found->method, verb::post);
}

TEST_F(Router, FillsParametersWithDecodedSegments) {
    EXPECT_EQ(found(verb::get, "/v1/tasks/7/steps/a%20b%2Fc"), "/v1/tasks/{task_id}/steps/{name}");
    EXPECT_THAT(asked_.parameters, ElementsAre(Pair("task_id", "7"), Pair("name", "a b/c")));
    EXPECT_EQ(asked_.parameter("name"), "a b/c");
}

TEST_F(Router, PrefersALiteralToAParameter) {
    EXPECT_EQ(found(verb::post, "/v1/tasks/batch"), "/v1/tasks/batch");
    EXPECT_EQ(found(verb::get, "/v1/tasks/batch"), "");
    EXPECT_EQ(match_.allow, "POST, OPTIONS");
}

TEST_F(Router, ServesHeadByTheRouteOfGet) {
    EXPECT_EQ(found(verb::head, "/v1/tasks/7"), "/v1/tasks/{task_id}");
}

TEST_F(Router, ListsTheAllowedMethodsWhenTheMethodIsWrong) {
    EXPECT_EQ(found(verb::delete_, "/v1/tasks"), "");
    EXPECT_EQ(match_.allow, "POST, GET, HEAD, OPTIONS");
    EXPECT_EQ(found(verb::unknown, "/v1/tasks/7"), "");
    EXPECT_EQ(match_.allow, "GET, HEAD, OPTIONS");
}

TEST_F(Router, FindsNothingForOtherPaths) {
    for (auto const* target : {"/", "", "*", "/v1", "/v1/tasks/", "//v1/tasks", "/v1/tasks/7/steps",
                               "/v1/tasks/7/steps/", "/v1/tasks/7/steps/a/b", "v1/tasks",
                               "/a/b/c/d/e/f/g/h/i/j/k", "/V1/tasks"}) {
        EXPECT_EQ(found(verb::get, target), "") << target;
        EXPECT_THAT(match_.allow, IsEmpty()) << target;
    }
}

TEST_F(Router, RefusesInvalidEscapes) {
    for (auto const* target : {"/v1/tasks/%", "/v1/tasks/%4", "/v1/tasks/%zz", "/v1/tasks/%00",
                               "/v1/tasks/%0a", "/v1/tasks/%ff"}) {
        EXPECT_EQ(found(verb::get, target), "") << target;
        EXPECT_TRUE(match_.broken_escape) << target;
    }
}

} // namespace
} // namespace tasker::http
