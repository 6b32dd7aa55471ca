#include "api_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::orchestration {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class SignalsApi : public Api {
protected:
    SignalsApi() {
        auto const registered = client_.post("/v1/templates", R"({"name": "waits",
            "version": "1.0.0", "steps": [
                {"name": "ask", "signal": {"name": "approve", "form": {"title": "Refund?"},
                 "schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}},
                {"name": "pay", "signal": {"name": "paid", "key": "$context.order"}}]})");
        EXPECT_EQ(registered.status, 201U) << registered.body;
    }

    std::string create_for(std::string_view order) {
        return create("waits", R"(, "context": {"order": ")" + std::string{order} + R"("})");
    }

    static std::string approval_of(std::string const& task) {
        return "/v1/tasks/" + task + "/signals/approve";
    }

    std::string step(std::string const& task, std::string const& name, std::string const& key) {
        auto const found = client_.get("/v1/tasks/" + task + "/steps/" + name).json();
        return found.contains(key) ? found.at(key).dump() : "";
    }
};

TEST_F(SignalsApi, FirstSignalWinsAndTheSecondIsAConflict) {
    auto const task = create_for("o-1");
    EXPECT_EQ(step(task, "ask", "waiting_for"), R"("signal")");
    auto const first = client_.post(approval_of(task), R"({"payload": {"n": 1}, "by": "ada"})");
    EXPECT_EQ(first.status, 200U);
    EXPECT_EQ(first.body, R"({"outcome":"complete"})");
    EXPECT_THAT(step(task, "ask", "result"), HasSubstr(R"("payload":{"n":1})"));
    auto const second = client_.post(approval_of(task), R"({"payload": {"n": 2}})");
    EXPECT_EQ(second.status, 409U);
    EXPECT_THAT(second.body, HasSubstr(R"(from \"ada\" at)"));
}

TEST_F(SignalsApi, PayloadIsCheckedAgainstTheSchema) {
    auto const task = create_for("o-1");
    auto const refused = client_.post(approval_of(task), R"({"payload": {"n": "x"}})");
    EXPECT_EQ(refused.status, 422U);
    EXPECT_EQ(refused.json().at("error").at("details").at(0).at("path"), "payload.n");
    EXPECT_EQ(client_.post(approval_of(task), "{}").status, 422U) << "null is no object";
    EXPECT_EQ(step(task, "ask", "state"), R"("waiting")");
}

TEST_F(SignalsApi, KeyReachesAllThatWait) {
    auto const one = create_for("o-1");
    auto const two = create_for("o-1");
    auto const other = create_for("o-2");
    auto const sent = client_.post("/v1/signals/paid?key=o-1", R"({"payload": 5})");
    EXPECT_EQ(sent.status, 200U);
    EXPECT_EQ(sent.body, R"({"delivered":2,"kept":false})");
    EXPECT_EQ(step(one, "pay", "state"), R"("complete")");
    EXPECT_EQ(step(two, "pay", "state"), R"("complete")");
    EXPECT_EQ(step(other, "pay", "state"), R"("waiting")");
    auto const kept = client_.post("/v1/signals/paid?namespace=default&key=o-3", "{}");
    EXPECT_EQ(kept.status, 202U);
    EXPECT_EQ(kept.body, R"({"delivered":0,"kept":true})");
    EXPECT_EQ(step(create_for("o-3"), "pay", "state"), R"("complete")");
    EXPECT_EQ(client_.post("/v1/signals/paid?key=", "{}").status, 400U);
}

TEST_F(SignalsApi, KeyReachesMoreThanAThousandSteps) {
    std::string batch = R"({"tasks": [)";
    for (int i = 0; i < 1001; ++i) {
        batch.append(i == 0 ? "" : ",").append(R"({"name":"waits","context":{"order":"many"}})");
    }
    EXPECT_EQ(client_.post("/v1/tasks/batch", batch + "]}").status, 201U);
    EXPECT_EQ(client_.post("/v1/signals/paid?key=many", "{}").body,
              R"({"delivered":1001,"kept":false})");
}

TEST_F(SignalsApi, ListIsPagedAndFiltered) {
    for (auto const* order : {"a", "b", "c"}) {
        create_for(order);
    }
    std::vector<std::string> seen;
    std::string const path = "/v1/signals?limit=2";
    std::string target = path;
    for (json cursor = ""; !cursor.is_null();) {
        auto const page = client_.get(target).json();
        for (auto const& wait : page.at("signals")) {
            seen.push_back(wait.at("name").get<std::string>() + wait.at("key").dump());
        }
        cursor = page.at("next_cursor");
        target = path + "&cursor=" + (cursor.is_null() ? "" : cursor.get<std::string>());
    }
    EXPECT_THAT(seen, ::testing::ElementsAre("approvenull", R"(paid"a")", "approvenull",
                                             R"(paid"b")", "approvenull", R"(paid"c")"));
    auto const forms = client_.get("/v1/signals?form=true").json().at("signals");
    ASSERT_EQ(forms.size(), 3U);
    EXPECT_EQ(forms.at(0).at("form").at("title"), "Refund?");
    EXPECT_EQ(forms.at(0).at("step"), "ask");
    EXPECT_EQ(client_.get("/v1/signals?name=paid").json().at("signals").size(), 3U);
    EXPECT_EQ(client_.get("/v1/signals?namespace=none").json().at("signals").size(), 0U);
}

TEST_F(SignalsApi, AreCounted) {
    auto const task = create_for("o-1");
    client_.post(approval_of(task), R"({"payload": {}, "idempotency_key": "k"})");
    client_.post(approval_of(task), R"({"payload": {}, "idempotency_key": "k"})");
    client_.post("/v1/signals/paid?key=o-9", "{}");
    auto const text = client_.get("/metrics").body;
    EXPECT_THAT(text, HasSubstr(R"(tasker_signals_total{outcome="complete"} 1)"));
    EXPECT_THAT(text, HasSubstr(R"(tasker_signals_total{outcome="repeated"} 1)"));
    EXPECT_THAT(text, HasSubstr(R"(tasker_signals_total{outcome="kept"} 1)"));
}

} // namespace
} // namespace tasker::orchestration
