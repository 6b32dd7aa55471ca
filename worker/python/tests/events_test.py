"""``publishes_events`` of steps: in memory, and built in Python."""

import pytest

import tasker
from tasker import testing

PUBLISHING = """
name: paid
version: 1.0.0
steps:
  - name: charge
    handler: {callable: charge}
    allow_failure: true
    retry: {max_attempts: 2}
    publishes_events: &events
      - {name: good}
      - {name: bad, condition: failure}
      - {name: over, condition: always, delivery_mode: fast}
  - name: pause
    sleep: {seconds: 60}
    publishes_events: *events
  - name: ship
    handler: {callable: ship}
    dependencies: [charge]
    publishes_events: *events
"""


def published(run):
    return [(each.event, each.step, each.state) for each in run.events]


def test_a_run_in_memory_has_the_events_that_the_engine_would_publish():
    run = testing.run(PUBLISHING, stubs={"charge": lambda: {"total": 5}, "ship": lambda: None})
    assert published(run) == [
        ("good", "charge", "complete"), ("over", "charge", "complete"),
        ("good", "pause", "complete"), ("over", "pause", "complete"),
        ("good", "ship", "complete"), ("over", "ship", "complete"),
    ]
    assert (run.events[0].result, run.events[0].error) == ({"total": 5}, None)


def test_a_failed_step_has_its_events_once_and_a_skipped_one_has_none():
    def fail():
        raise ValueError("no money")

    run = testing.run(PUBLISHING, stubs={"charge": fail, "ship": lambda: None})
    assert published(run)[:2] == [("bad", "charge", "failed"), ("over", "charge", "failed")]
    assert run.events[0].error is not None
    assert run.events[0].error.message == "no money"
    assert run.steps["ship"].state == "skipped"
    assert not [each for each in run.events if each.step == "ship"]


def test_every_kind_of_step_can_have_events():
    made = tasker.Template("paid", version="1.0.0")
    event = tasker.Event(
        "done", condition="always", delivery_mode="fast", description="d", schema={"type": "null"}
    )
    made.step("a", "h", publishes_events=[event])
    made.sleep("b", seconds=1, publishes_events=[event])
    made.signal("c", publishes_events=[event])
    made.workflow("d", "other", publishes_events=[tasker.Event("done"), event])
    made.step("e", "h")
    built = [step.get("publishes_events") for step in made.to_dict()["steps"]]
    keys = {
        "name": "done", "condition": "always", "delivery_mode": "fast", "description": "d",
        "schema": {"type": "null"},
    }
    assert built == [[keys], [keys], [keys], [{"name": "done"}, keys], None]
    made.step("f", "h", publishes_events=[tasker.Event("two words")])
    with pytest.raises(ValueError, match=r"steps\[5\].publishes_events\[0\].name: "):
        made.to_dict()
