"""tasker.testing: child tasks."""

import pytest

import tasker
from tasker import testing


def template(name, *steps, version="1.0.0", **keys):
    return {"name": name, "version": version, "steps": list(steps), **keys}


def handler(name="h", **keys):
    return {"name": name, "handler": {"callable": name}, **keys}


def workflow(name="child", **keys):
    return {"name": "w", "workflow": {"name": name}, **keys}


def fails(step):
    raise tasker.Permanent("no", type="refused")


def test_a_child_task_runs_its_template():
    given = {"name": "w", "workflow": {"name": "child", "context": {"n": 5}}}
    run = testing.run(
        template("t", given, handler("after", dependencies=["w"])),
        templates=[template("child", handler())],
        stubs={"h": lambda context: context["n"] + 1, "after": lambda w: w},
    )
    assert run.result == {"after": {"h": 6}}
    assert run.steps["w"].children["child"].steps["h"].result == 6
    assert run.steps["w"].attempts == 1


def test_a_child_task_that_fails_fails_the_step():
    seen = []

    def undo(step):
        seen.append(step.name)

    child = template(
        "child", handler("first", compensate={"callable": "undo"}),
        handler("other", allow_failure=True), handler(dependencies=["first"]),
    )
    stubs = {"first": lambda: 1, "undo": undo, "other": fails, "h": fails}
    run = testing.run(template("t", workflow()), templates=[child], stubs=stubs)
    failed = run.steps["w"]
    assert (run.state, failed.state, failed.attempts) == ("failed", "failed", 1)
    assert failed.error.type == "child_failed"
    assert failed.error.message == "child task (default/child 1.0.0) failed: h: no"
    assert failed.children["child"].compensation == "complete"
    assert seen == ["first:undo"]


def test_a_child_task_is_retried_by_the_rule_of_its_step():
    calls = []

    def second():
        calls.append(1)
        if len(calls) < 2:
            raise tasker.Permanent("no")
        return 7

    def attempts(**retry):
        calls.clear()
        parent = template("t", workflow(retry={"max_attempts": 3, **retry}))
        run = testing.run(parent, templates=[template("child", handler())], stubs={"h": second})
        return run.steps["w"].state, run.steps["w"].attempts

    assert attempts() == ("complete", 2)
    assert attempts(only=["child_failed"]) == ("complete", 2)
    assert attempts(only=["refused"]) == ("failed", 1)


def test_the_highest_version_runs_unless_one_is_named():
    children = [template("child", handler(f"h{n}"), version=f"1.{n}.0") for n in (9, 10)]
    stubs = {"h9": lambda: 9, "h10": lambda: 10}

    def result(**named):
        step = {"name": "w", "workflow": {"name": "child", **named}}
        return testing.run(template("t", step), templates=children, stubs=stubs).result

    assert result() == {"w": {"h10": 10}}
    assert result(version="1.9.0") == {"w": {"h9": 9}}
    with pytest.raises(ValueError, match="no template default/child 1.2.0; pass it"):
        result(version="1.2.0")
    with pytest.raises(ValueError, match="no template other/child; pass it in `templates`"):
        result(namespace="other")


def test_templates_that_could_not_be_registered_are_refused():
    def refuse(*others, match, first="b"):
        with pytest.raises(ValueError, match=match):
            testing.run(template("a", workflow(first)), templates=others, stubs={"h": fails})

    refuse(match="steps.w.workflow: there is no template default/b;")
    refuse(match="steps.w.workflow: a template cannot contain itself", first="a")
    refuse(template("b", workflow("c")), template("c", workflow("b")), match="contain each other")
    refuse(template("b"), match=r"^templates\[0\]: .*steps: must have")
    refuse(template("b", handler()), template("b", handler()), match="b 1.0.0 is given twice")
    refuse(template("b", handler("unknown")), match="no handlers for: unknown")


def test_signals_are_for_child_tasks_too():
    child = template("child", {"name": "wait", "signal": {"name": "go"}})
    run = testing.run(template("t", workflow()), templates=[child], signals={"go": 3})
    assert run.result["w"]["wait"]["payload"] == 3


def ask(*keys, rule="fail", template="child"):
    wanted = [{"key": key, "template": template, "context": {"key": key}} for key in keys]
    return tasker.children(wanted, on_child_failure=rule)


def asking(call, child=lambda key: key, **keys):
    """A step whose handler asks for child tasks, which return their keys."""
    stubs = {"ask": call, "h": lambda context: child(context["key"])}
    parent = template("t", handler("ask", **keys))
    return testing.run(parent, templates=[template("child", handler())], stubs=stubs).steps["ask"]


def test_a_handler_asks_for_child_tasks():
    step = asking(lambda: ask("a", "b"))
    assert step.result == {"a": {"h": "a"}, "b": {"h": "b"}}
    assert step.children["b"].result == {"h": "b"}
    assert asking(lambda: ask()).result == {}


def test_a_child_that_failed_fails_the_step_or_is_collected():
    def no_b(key):
        if key == "b":
            raise tasker.Permanent("no")
        return key

    step = asking(lambda: ask("a", "b", "c"), no_b, retry={"max_attempts": 1})
    assert (step.error.type, list(step.children)) == ("child_failed", ["a", "b"])
    step = asking(lambda: ask("a", "b", "c", rule="collect"), no_b)
    assert step.result == {"a": {"h": "a"}, "b": None, "c": {"h": "c"}}


def test_complete_children_are_used_again_when_the_step_is_retried():
    ran = []

    def child(key):
        ran.append(key)
        if ran.count("b") == 1 and key == "b":
            raise tasker.Permanent("no")
        return key

    step = asking(lambda: ask("a", "b", "c"), child)
    assert (step.state, step.attempts, ran) == ("complete", 2, ["a", "b", "b", "c"])


def test_children_that_the_engine_refuses_fail_the_step_permanently():
    step = asking(lambda: ask("a", template="none"))
    assert (step.error.type, step.attempts) == ("unknown_template", 1)
    assert step.error.message == 'child "a": no template default/none is registered'


def test_child_tasks_are_nested_at_most_20_deep():
    depths = []

    def deeper(context):
        depths.append(context["depth"])
        wanted = {"key": "a", "template": "t", "context": {"depth": context["depth"] + 1}}
        return tasker.children([wanted], on_child_failure="collect")

    parent = template("t", handler("deeper"))
    run = testing.run(parent, context={"depth": 0}, stubs={"deeper": deeper})
    assert run.is_complete and depths == list(range(21))
    for _ in range(20):
        run = run.steps["deeper"].children["a"]
    assert run.steps["deeper"].error.type == "too_deep"
