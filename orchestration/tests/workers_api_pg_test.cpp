#include "api_fixture.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace tasker::orchestration {
namespace {

using nlohmann::json;

/// Workers that are rows: none of them runs.
class WorkersApi : public Api {
protected:
    WorkersApi() {
        database_.exec("select tasker.register_worker('w1', '{default,shop}', 8, '{ship,pay}', "
                       "'1.2.3')");
        database_.exec("select tasker.register_worker('w2', '{default}')");
    }

    json listed(std::string const& query = "") {
        json names = json::array();
        auto const page = client_.get("/v1/workers" + query).json();
        for (auto const& each : page.at("workers")) {
            names.push_back(each.at("name"));
        }
        return names;
    }
};

TEST_F(WorkersApi, ShowsWhatAWorkerSaidAndItsSteps) {
    register_chain("one", "1.0.0", 1);
    create("one");
    database_.exec("select tasker.claim_steps('{tasker_default}', 1, 30, 1, 1)");
    auto const shown = client_.get("/v1/workers/w1").json();
    EXPECT_EQ(shown.at("namespaces"), (json{"default", "shop"}));
    EXPECT_EQ(shown.at("slots"), 8);
    EXPECT_EQ(shown.at("handlers"), (json{"ship", "pay"}));
    EXPECT_EQ(shown.at("version"), "1.2.3");
    EXPECT_EQ(shown.at("state"), "serving");
    EXPECT_EQ(shown.at("command"), nullptr);
    EXPECT_EQ(shown.at("started_at"), shown.at("last_seen_at"));
    EXPECT_EQ(shown.at("steps_in_progress"), 1);
    EXPECT_EQ(client_.get("/v1/workers/w2").json().at("steps_in_progress"), 0);
}

TEST_F(WorkersApi, ListsByNamespaceAndStateInPages) {
    EXPECT_EQ(listed(), (json{"w1", "w2"}));
    EXPECT_EQ(listed("?namespace=shop"), json{"w1"});
    client_.post("/v1/workers/w2/drain", "");
    EXPECT_EQ(listed("?state=draining"), json{"w2"});
    EXPECT_EQ(listed("?state=gone"), json::array());
    auto const first = client_.get("/v1/workers?limit=1").json();
    EXPECT_EQ(listed("?limit=1&cursor=" + first.at("next_cursor").get<std::string>()), json{"w2"});
    auto const refused = client_.get("/v1/workers?state=idle");
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(refused.body.find("serving, draining or gone"), std::string::npos);
}

TEST_F(WorkersApi, DrainAndStopCanBeRepeated) {
    for (auto const* what : {"drain", "drain", "stop", "stop"}) {
        auto const reply = client_.post(std::string{"/v1/workers/w1/"} + what, "");
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.json().at("state"), "draining");
        EXPECT_EQ(reply.json().at("command"), what);
    }
    EXPECT_EQ(client_.post("/v1/workers/w1/drain", "").json().at("command"), "stop");
}

TEST_F(WorkersApi, AnUnknownWorkerIs404AndOneThatIsGone409) {
    for (std::string const what : {"drain", "stop"}) {
        auto const unknown = client_.post("/v1/workers/none/" + what, "");
        EXPECT_EQ(unknown.status, 404);
        EXPECT_EQ(unknown.json().at("error").at("message"), "there is no worker \"none\"");
    }
    EXPECT_EQ(client_.get("/v1/workers/none").status, 404);
    database_.exec("update tasker.workers set last_seen_at = tasker.clock() - interval '61 s'");
    auto const gone = client_.post("/v1/workers/w1/stop", "");
    EXPECT_EQ(gone.status, 409);
    EXPECT_NE(gone.body.find("is gone: it was last seen at"), std::string::npos);
}

TEST_F(WorkersApi, ThoseThatWereNotSeenForADayAreRemovedByDefault) {
    database_.exec("update tasker.workers set last_seen_at = tasker.clock() - interval '25 h' "
                   "where name = 'w1'");
    running_service const other{settings_};
    EXPECT_TRUE(database_.wait_until(tasker::testing::soon(),
                                     "select not exists (select from tasker.workers "
                                     "where name = 'w1')"));
    EXPECT_EQ(listed(), json{"w2"});
}

TEST_F(WorkersApi, WithoutAnAgeTheyAreKept) {
    settings_.retention.workers = 0;
    database_.exec("update tasker.workers set last_seen_at = tasker.clock() - interval '25 h'");
    { running_service const other{settings_}; }
    EXPECT_EQ(listed("?state=gone"), (json{"w1", "w2"}));
}

} // namespace
} // namespace tasker::orchestration
