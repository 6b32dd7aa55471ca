#include "tasker/worker/run_handler.hpp"

#include "execution.hpp"
#include "failure_of.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

struct order {
    std::string id;
    double total = 0;
};
void from_json(json const& text, order& read) {
    text.at("id").get_to(read.id);
    text.at("total").get_to(read.total);
}

TEST(RunHandler, HandlerSeesContextParentsAndInitialization) {
    auto result = try_handler(
        [](step_context const& step) -> step_result {
            auto const wanted = step.context<order>();
            return json{{"id", wanted.id},
                        {"sum", wanted.total + step.parent<double>("price")},
                        {"unit", step.initialization().at("unit")},
                        {"method", step.method()},
                        {"name", step.name()}};
        },
        {.name = "total",
         .method = "sum",
         .context = {{"id", "o-1"}, {"total", 1.5}},
         .parents = {{"price", 2.25}},
         .initialization = {{"unit", "EUR"}}});
    ASSERT_TRUE(result.is_success());
    EXPECT_EQ(
        json::parse(std::move(result).json_text()),
        json(
            {{"id", "o-1"}, {"sum", 3.75}, {"unit", "EUR"}, {"method", "sum"}, {"name", "total"}}));
}

step_result run_with_settings(std::string settings) {
    return try_handler(
        [](step_context const& step) -> step_result {
            return step_result::from_json_text(std::string{step.inputs_text()});
        },
        {},
        {.context = R"({"id": 7, "price": 1.10})",
         .parents = R"({"price": {"total": 2.50}})",
         .settings = std::move(settings)});
}

TEST(RunHandler, HandlerSeesItsInputsWithTheirPlaceholdersFilled) {
    EXPECT_EQ(run_with_settings(R"({"inputs": {"sum": "${parents/price/total}",
        "text": "order ${context/id}", "unit": "${context/unit:-EUR}"}})")
                  .json_text(),
              R"({"sum":2.50,"text":"order 7","unit":"EUR"})");
}

TEST(RunHandler, InputWithoutAValueIsAPermanentFailureThatNamesIt) {
    auto const failure =
        failure_of(run_with_settings(R"({"inputs": {"a": [{"b": "${context/nothing}"}]}})"));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "invalid_inputs");
    EXPECT_EQ(failure.message, R"(inputs.a[0].b: "${context/nothing}" has no value)");
}

TEST(RunHandler, ResultIsCheckedAgainstItsSchema) {
    EXPECT_TRUE(run_with_settings(R"({"result_schema": {"type": "object"}})").is_success());
    auto const failure = failure_of(run_with_settings(R"({"result_schema": {"type": "array"}})"));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "invalid_result");
}

TEST(RunHandler, ContextThatDoesNotFitIsARetryableFailureThatNamesTheField) {
    auto const run = [](step_context const& step) -> step_result {
        return json(step.context<order>().total);
    };
    auto const failure = failure_of(try_handler(run, {.context = {{"id", 7}}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "tasker::worker::input_error");
    EXPECT_THAT(failure.message, HasSubstr("the context does not fit"));
}

TEST(RunHandler, MissingParentIsNamed) {
    auto const run = [](step_context const& step) -> step_result {
        return step.parent_json("price");
    };
    auto const failure = failure_of(try_handler(run, {.name = "total"}));
    EXPECT_EQ(failure.message, "step \"total\" has no parent \"price\"");
}

TEST(RunHandler, ExceptionBecomesARetryableFailureWithMessageAndType) {
    auto const run = [](step_context const&) -> step_result { throw std::out_of_range{"beyond"}; };
    auto const failure = failure_of(try_handler(run, {}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.message, "beyond");
    EXPECT_EQ(failure.type, "std::out_of_range");
}

TEST(RunHandler, ThrownValueThatIsNoStdExceptionIsARetryableFailure) {
    auto const failure =
        failure_of(try_handler([](step_context const&) -> step_result { throw 42; }, {}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "unknown_exception");
}

TEST(RunHandler, PermanentFailureIsPermanent) {
    auto const run = [](step_context const&) -> step_result {
        throw permanent_failure{"closed account", "account_closed"};
    };
    auto const failure = failure_of(try_handler(run, {}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.message, "closed account");
    EXPECT_EQ(failure.type, "account_closed");
}

TEST(RunHandler, RetryableFailureMaySetTheTimeOfTheRetry) {
    auto const run = [](step_context const&) -> step_result {
        throw retryable_failure{"busy", "rate_limited", 2min};
    };
    auto const failure = failure_of(try_handler(run, {}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "rate_limited");
    EXPECT_EQ(failure.retry_after, 2min);
}

TEST(RunHandler, UnknownHandlerIsRetryableAndListsTheRegisteredOnes) {
    handler_registry handlers;
    handlers.add("order.validate", [](auto const&) { return success(); });
    handlers.add("order.charge", [](auto const&) { return success(); });
    queue::claimed_step claimed;
    claimed.handler = "order.valdate";
    auto const step = std::make_shared<execution>(claimed, steady_clock::now());
    auto const failure = failure_of(run_handler(handlers, step));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "unknown_handler");
    EXPECT_EQ(failure.message, "this worker has no handler \"order.valdate\"; did you mean "
                               "\"order.validate\"? It has: order.charge order.validate");
}

TEST(RunHandler, UnknownHandlerWithoutASimilarNameListsTheHandlersInASentence) {
    handler_registry handlers;
    handlers.add("order.charge", [](auto const&) { return success(); });
    queue::claimed_step claimed;
    claimed.handler = "nothing";
    auto const step = std::make_shared<execution>(claimed, steady_clock::now());
    EXPECT_EQ(failure_of(run_handler(handlers, step)).message,
              "this worker has no handler \"nothing\". It has: order.charge");
}

TEST(RunHandler, AttemptsCountFailuresAndDeliveriesCountEveryReceipt) {
    handler_registry handlers;
    handlers.add("count", [](step_context const& step) {
        return json::array({step.attempt(), step.max_attempts(), step.failures(), step.delivery()});
    });
    queue::claimed_step claimed;
    claimed.handler = "count";
    claimed.max_attempts = 3;
    claimed.failures = 1;
    claimed.delivery = 5; // three of the deliveries ended without a report
    auto result = run_handler(handlers, std::make_shared<execution>(claimed, steady_clock::now()));
    ASSERT_TRUE(result.is_success());
    EXPECT_EQ(json::parse(std::move(result).json_text()), json::array({2, 3, 1, 5}));
}

TEST(RunHandler, OversizedInputsArePermanentFailuresThatNameTheirSize) {
    handler_registry handlers;
    handlers.add("order.validate", [](auto const&) { return success(); });
    queue::claimed_step claimed;
    claimed.handler = "order.validate";
    claimed.parents_bytes = 70'000'000;
    auto const failure = failure_of(
        run_handler(handlers, std::make_shared<execution>(claimed, steady_clock::now())));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "inputs_too_large");
    EXPECT_THAT(failure.message, HasSubstr("take 70000000 bytes together"));
}

TEST(RunHandler, CancelledStepReportsItAndWakesTheHandler) {
    std::stop_source stop;
    auto const result = try_handler(
        [&stop](step_context const& step) -> step_result {
            EXPECT_FALSE(step.is_cancelled());
            stop.request_stop();
            EXPECT_TRUE(step.is_cancelled());
            EXPECT_FALSE(step.wait_for(1h));
            return success();
        },
        {.cancelled_by = stop.get_token()});
    EXPECT_TRUE(result.is_success());
}

TEST(RunHandler, TimeOutSetsTheDeadline) {
    auto const before = steady_clock::now();
    try_handler(
        [before](step_context const& step) {
            EXPECT_TRUE(step.deadline() && *step.deadline() >= before + 5s &&
                        *step.deadline() <= steady_clock::now() + 5s);
            return success();
        },
        {.timeout = 5s});
}

TEST(HandlerRegistry, RefusesBadNames) {
    handler_registry handlers;
    auto const run = [](step_context const&) { return success(); };
    handlers.add("a", run);
    EXPECT_THROW(handlers.add("a", run), std::invalid_argument);
    EXPECT_THROW(handlers.add("", run), std::invalid_argument);
    EXPECT_THROW(handlers.add(std::string(201, 'x'), run), std::invalid_argument);
    EXPECT_THROW(handlers.add("b", handler{}), std::invalid_argument);
    EXPECT_NE(handlers.find("a"), nullptr);
    EXPECT_EQ(handlers.find("b"), nullptr);
}

TEST(RunHandler, ResultSchemaDoesNotApplyToTheResultOfATask) {
    auto result = try_handler([](step_context const&) { return finish("done"); }, {},
                              {.settings = R"({"result_schema": {"type": "integer"}})"});
    ASSERT_TRUE(result.is_success());
    EXPECT_TRUE(result.finishes_task());
    EXPECT_EQ(std::move(result).json_text(), "\"done\"");
}

} // namespace
} // namespace tasker::worker
