"""tasker.testing: contexts of child tasks, and maps over them, which PostgreSQL computes."""

import tasker
from tasker import testing


def run(step, a=None, child=lambda context: context, context=None):
    """Step ``a``, and then one with ``workflow``."""
    child_template = {
        "name": "child", "version": "1.0.0", "steps": [{"name": "h", "handler": {"callable": "h"}}],
    }
    first = {"name": "a", "handler": {"callable": "a"}}
    steps = [first, {"name": "w", "dependencies": ["a"], **step}]
    return testing.run(
        {"name": "t", "version": "1.0.0", "steps": steps}, context=context,
        templates=[child_template], stubs={"a": lambda: a, "h": child},
    ).steps["w"]


def workflow(**context):
    return {"workflow": {"name": "child", "context": context}}


def test_placeholders_make_the_context():
    given = workflow(
        id="${context/order/id}", all="${parents/a}", text="${context/order} $${",
        none="${context/x:-1}",
    )
    step = run(given, a=[1], context={"order": {"id": 7}})
    expected = {"id": 7, "all": [1], "text": '{"id":7} ${', "none": 1}
    assert step.result == {"h": expected}


def test_a_place_without_a_value_fails_the_step():
    step = run({**workflow(id="${parents/a/id}"), "retry": {"max_attempts": 3}})
    assert (step.error.type, step.attempts, step.children) == ("invalid_placeholder", 1, {})
    assert step.error.message == 'workflow.context: "${parents/a/id}" has no value'


def test_each_element_has_a_child_task():
    given = workflow(n="${item/n}", place="${index}")
    step = run({**given, "map": "$.a"}, a=[{"n": 5}, {"n": 6}])
    assert step.result == [{"h": {"n": 5, "place": 0}}, {"h": {"n": 6, "place": 1}}]
    assert step.items[1].children["child"].is_complete


def test_items_fail_as_their_child_tasks():
    def no(context):
        if context["n"] == 5:
            raise tasker.Permanent("no")

    given = {**workflow(n="${item/n}"), "retry": {"max_attempts": 2}}
    settings = {"over": "$.a", "on_item_failure": "collect"}
    step = run({**given, "map": settings}, a=[{"n": 5}, {}, {"n": 6}], child=no)
    assert step.result == [None, None, {"h": None}]
    ends = [(item.state, item.attempts, item.error and item.error.type) for item in step.items]
    assert ends == [
        ("failed", 2, "child_failed"), ("failed", 0, "invalid_placeholder"), ("complete", 1, None),
    ]
    step = run({**given, "map": "$.a"}, a=[{"n": 5}, {"n": 6}], child=no)
    assert step.error.type == "item_failed"
    assert [item.state for item in step.items] == ["failed", "cancelled"]


def test_items_and_repeated_steps_cannot_ask_for_child_tasks():
    asks = {"key": "a", "template": "child"}
    for keys in ({"map": "$context.l"}, {"repeat": {"until": "$iteration == 1"}}):
        step = {"name": "a", "handler": {"callable": "h"}, **keys}
        run = testing.run(
            {"name": "t", "version": "1.0.0", "steps": [step]}, context={"l": [1]},
            stubs={"h": lambda: tasker.children([asks])},
        ).steps["a"]
        error = run.items[0].error if run.items else run.error
        assert error.type == "invalid_children"
