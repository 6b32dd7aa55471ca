#include "api_fixture.hpp"

#include <nlohmann/json.hpp>

namespace tasker::orchestration {
namespace {

class PruneApi : public Api {
protected:
    PruneApi() {
        EXPECT_EQ(
            client_
                .request("POST", "/v1/templates",
                         "name: one\nversion: 1.0.0\nsteps: [{name: a, handler: {callable: h}}]\n",
                         "application/yaml")
                .status,
            201U);
        for (int i = 0; i < 3; ++i) {
            client_.post("/v1/tasks/" + create("one") + "/cancel", "");
        }
    }
};

constexpr auto all = "/v1/tasks/prune?state=cancelled&finished_before=2999-01-01T00:00:00Z";

TEST_F(PruneApi, DeletesABatchAndContinues) {
    EXPECT_EQ(client_.post(std::string{all} + "&dry_run=true", "").body,
              R"({"tasks":3,"next_cursor":null})");
    auto const first = client_.post(std::string{all} + "&limit=2", "").json();
    EXPECT_EQ(first.at("tasks"), 2);
    auto const cursor = first.at("next_cursor").get<std::string>();
    EXPECT_EQ(client_.post(std::string{all} + "&limit=2&cursor=" + cursor, "").body,
              R"({"tasks":1,"next_cursor":null})");
    EXPECT_EQ(client_.get("/v1/tasks").json().at("tasks").size(), 0U);
}

TEST_F(PruneApi, KeepsWhatTheFiltersLeaveOut) {
    EXPECT_EQ(client_.post(std::string{all} + "&name=other", "").json().at("tasks"), 0);
    EXPECT_EQ(
        client_.post("/v1/tasks/prune?state=cancelled&finished_before=2001-01-01T00:00:00Z", "")
            .json()
            .at("tasks"),
        0);
    EXPECT_EQ(client_.post(std::string{all} + "&namespace=default&name=one", "").json().at("tasks"),
              3);
}

TEST_F(PruneApi, NeedsAFinalStateAndATime) {
    auto const refused = client_.post("/v1/tasks/prune?state=running", "");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_NE(refused.body.find("complete, failed or cancelled"), std::string::npos)
        << refused.body;
    EXPECT_NE(refused.body.find("finished_before"), std::string::npos) << refused.body;
}

} // namespace
} // namespace tasker::orchestration
