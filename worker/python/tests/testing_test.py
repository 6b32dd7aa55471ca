"""tasker.testing: templates run in memory, as the engine would run them."""

import asyncio

import pytest

import tasker
from tasker import testing

TEMPLATE = """
name: order
version: 1.0.0
input_schema:
  type: object
  required: [items]
steps:
  - name: ship
    handler: {callable: ship, initialization: {carrier: snail}}
    dependencies: [validate, charge]
  - name: validate
    handler: {callable: validate}
  - name: charge
    handler: {callable: charge, method: strict}
    dependencies: [validate]
    retry: {max_attempts: 4}
"""


@tasker.step("validate")
def validate(context):
    return {"total": sum(context["items"])}


@tasker.step("charge")
async def charge(validate, step):
    await asyncio.sleep(0)
    if step.failures < 2:
        raise tasker.Retry(f"attempt {step.attempt} of {step.max_attempts}", after=0.25)
    return [validate["total"], step.method]


@tasker.step("ship")
def ship(charge, initialization):
    yield "half of it"
    return {"paid": charge[0], "by": initialization["carrier"]}


HANDLERS = [validate, charge, ship]


def test_template_runs_in_order_with_retries_and_values():
    run = testing.run(TEMPLATE, HANDLERS, {"items": [1, 2, 3.5]})
    assert run.is_complete
    assert run.result == {"ship": {"paid": 6.5, "by": "snail"}}
    charged = run.steps["charge"]
    assert (charged.attempts, charged.result, charged.error) == (3, [6.5, "strict"], None)
    assert [each.message for each in charged.failures] == ["attempt 1 of 4", "attempt 2 of 4"]
    assert charged.failures[0].retry_after == 0.25


def test_step_that_fails_permanently_blocks_only_its_dependents():
    def refuse():
        raise tasker.Permanent("no", type="refused")

    run = testing.run(TEMPLATE, HANDLERS, {"items": []}, stubs={"charge": refuse})
    assert (run.state, run.result) == ("failed", None)
    states = {name: step.state for name, step in run.steps.items()}
    assert states == {"validate": "complete", "charge": "failed", "ship": "pending"}
    error = run.steps["charge"].error
    assert (error.type, error.permanent, run.steps["charge"].attempts) == ("refused", True, 1)
    assert "raise tasker.Permanent" in error.traceback


def test_steps_are_joined_by_their_rule():
    def no():
        raise tasker.PermanentError("no")

    def states(step):
        return step.parent_states

    run = testing.run(
        {
            "name": "joins",
            "version": "1.0.0",
            "steps": [
                {"name": "a", "handler": {"callable": "one"}},
                {"name": "b", "handler": {"callable": "no"}, "allow_failure": True},
                {"name": "c", "handler": {"callable": "one"}, "dependencies": ["b"]},
                {
                    "name": "d",
                    "handler": {"callable": "states"},
                    "dependencies": ["a", "b", "c"],
                    "join": "none_failed",
                },
            ],
        },
        stubs={"one": lambda: 1, "no": no, "states": states},
    )
    assert {name: step.state for name, step in run.steps.items()} == {
        "a": "complete",
        "b": "failed",
        "c": "skipped",
        "d": "complete",
    }
    assert run.state == "complete"
    assert run.result == {"d": {"a": "complete", "b": "failed", "c": "skipped"}}


def test_only_the_named_errors_are_retried():
    def attempts(rule):
        def fail():
            raise tasker.Retry("no", type="busy")

        step = {"name": "a", "handler": {"callable": "fail"}, "retry": rule}
        template = {"name": "t", "version": "1.0.0", "steps": [step]}
        return testing.run(template, stubs={"fail": fail}).steps["a"].attempts

    assert attempts({"only": ["busy"]}) == 3
    assert attempts({"only": ["broken"]}) == 1
    assert attempts({"except": ["busy"]}) == 1
    assert attempts({"except": ["broken"]}) == 3


MAPPED = """
name: mapped
version: 1.0.0
steps:
  - name: price
    handler: {callable: price}
    result_schema: {properties: {total: {type: integer}}}
  - name: pay
    handler: {callable: pay}
    dependencies: [price]
    inputs: {amount: "${parents/price/total}", to: "order ${context/id}", by: "${context/by:-card}"}
"""


def test_inputs_are_filled_and_results_checked():
    def pay(inputs, step):
        assert step.inputs is inputs
        return inputs

    stubs = {"price": lambda context: {"total": context["total"]}, "pay": pay}
    run = testing.run(MAPPED, context={"id": 7, "total": 12}, stubs=stubs)
    assert run.result == {"pay": {"amount": 12, "to": "order 7", "by": "card"}}

    missing = testing.run(MAPPED, context={"total": 12}, stubs=stubs).steps["pay"]
    assert missing.state == "failed"
    assert missing.attempts == 1
    assert missing.error.type == "invalid_inputs"
    assert missing.error.message == 'inputs.to: "${context/id}" has no value'

    wrong = testing.run(MAPPED, context={"id": 7, "total": "x"}, stubs=stubs).steps["price"]
    assert wrong.attempts == 1
    assert wrong.error.type == "invalid_result"
    assert "result.total: must be a whole number" in wrong.error.message


def test_a_called_handler_gets_its_inputs():
    assert testing.call(lambda inputs: inputs["n"], inputs={"n": 3}) == (3, None)


def test_attempts_end_at_the_limit_of_the_template():
    def never():
        raise OSError("never")

    run = testing.run(TEMPLATE, HANDLERS, {"items": []}, stubs={"charge": never})
    assert run.steps["charge"].attempts == 4
    assert run.steps["charge"].error.type == "OSError"


def test_values_pass_through_json():
    template = {
        "name": "t",
        "version": "1.0.0",
        "steps": [{"name": "only", "handler": {"callable": "any"}}],
    }
    run = testing.run(template, [], {}, stubs={"any": lambda: {1: (2, {3})}})
    assert run.result == {"only": {"1": [2, [3]]}}


def test_invalid_template_reports_every_problem():
    with pytest.raises(ValueError, match="version.*steps"):
        testing.run("name: x\nversion: one\nsteps: []\n", HANDLERS)


def test_context_is_checked_against_the_input_schema():
    with pytest.raises(ValueError, match="context"):
        testing.run(TEMPLATE, HANDLERS, {"itms": []})


def test_the_context_gets_the_defaults_of_the_input_schema():
    template = {
        "name": "t",
        "version": "1.0.0",
        "input_schema": {"required": ["unit"], "properties": {"unit": {"default": "EUR"}}},
        "steps": [{"name": "a", "handler": {"callable": "show"}}],
    }
    stubs = {"show": lambda context: context}
    assert testing.run(template, context={"n": 1}, stubs=stubs).result == {
        "a": {"n": 1, "unit": "EUR"}
    }
    assert testing.run(template, context={"unit": "USD"}, stubs=stubs).result == {
        "a": {"unit": "USD"}
    }


def test_the_template_maps_the_result():
    template = {
        "name": "t",
        "version": "1.0.0",
        "steps": [{"name": "a", "handler": {"callable": "total"}}],
        "result": {"sum": "${steps/a/total}", "id": "${context/id}", "none": "${steps/a/x}"},
    }
    run = testing.run(template, context={"id": 7}, stubs={"total": lambda: {"total": 3}})
    assert run.result == {"sum": 3, "id": 7, "none": None}


def test_missing_handlers_are_named():
    with pytest.raises(ValueError, match="no handlers for: charge, ship"):
        testing.run(TEMPLATE, [validate], {"items": []})


def test_template_may_be_a_file(tmp_path):
    path = tmp_path / "order.yaml"
    path.write_text(TEMPLATE)
    assert testing.run(path, HANDLERS, {"items": [2]}).is_complete


def test_one_handler_may_be_called_alone():
    def handler(first, context, step):
        return [first, context, step.name]

    assert testing.call(handler, {"a": 1}, {"first": 2}, name="x") == ([2, {"a": 1}, "x"], None)
    result, failure = testing.call(handler, {"a": 1})
    assert result is None
    assert failure.type == "unknown_parameter"
    assert 'the handler needs parent "first", but step "step" has no parents' in failure.message


def fan(context):
    return tasker.children(
        [{"key": "a", "template": "t", "context": {"n": 1.5}}], on_child_failure="collect"
    )


def test_call_returns_the_child_tasks_that_a_handler_asks_for():
    asked, failure = testing.call(fan)
    assert failure is None
    assert asked.on_child_failure == "collect"
    assert [(each["key"], each["template"]["name"]) for each in asked.wanted] == [("a", "t")]
    assert asked.wanted[0]["context"] == {"n": 1.5}


def test_wrong_child_tasks_fail_the_step_permanently():
    _, failure = testing.call(lambda context: tasker.children([{"key": "a"}]))
    assert (failure.type, failure.permanent) == ("invalid_children", True)
    assert failure.message == "children[0].template: is missing"
    with pytest.raises(ValueError, match="on_child_failure"):
        tasker.children([], on_child_failure="ignore")


def test_name_of_a_file_is_refused_with_the_path_to_pass():
    with pytest.raises(ValueError, match=r'pass pathlib.Path\(.orders/order.yaml.\)'):
        testing.run("orders/order.yaml")


def test_a_result_that_postgresql_cannot_read_is_null():
    def result(value, mapping="${steps/a/x}", **keys):
        step = {"name": "a", "handler": {"callable": "a"}}
        made = {"name": "t", "version": "1.0.0", "steps": [step], "result": {"x": mapping}}
        return testing.run(made, stubs={"a": lambda: value}, **keys).result

    assert result({"x": "\\u0000"}) == {"x": "\\u0000"}
    assert result({"x": 1, "y": "\0"}) is None
    assert result({"x": "\0"}, "$${steps/a/x}") == {"x": "${steps/a/x}"}
    assert result(1, "${context/x}", context={"x": 1, "y": "\0"}) is None
    assert result({"x": 1, "y": "y" * (64 << 20)}) is None
