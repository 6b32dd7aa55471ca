"""tasker.testing with values that PostgreSQL computes, on the private server of this process."""

import os
import subprocess
import sys

import pytest

import tasker
from tasker import testing


def template(*steps, **keys):
    return {"name": "t", "version": "1.0.0", "steps": list(steps), **keys}


def step(name, **keys):
    kinds = ("sleep", "signal", "workflow")
    handler = {} if any(kind in keys for kind in kinds) else {"handler": {"callable": name}}
    return {"name": name, **handler, **keys}


def after_a(**keys):
    return step("b", dependencies=["a"], **keys)


def run(*steps, a=None, b=None, context=None, **options):
    """Runs steps a and b; a returns a value, b is a function."""
    stubs = {"a": lambda: a, "b": b or (lambda: "b")}
    return testing.run(template(*steps), context=context, stubs=stubs, **options)


def test_a_step_runs_if_its_condition_is_met():
    when = after_a(when="$.a.total > 100 && $context.go == true")
    assert run(step("a"), when, a={"total": 101}, context={"go": True}).result == {"b": "b"}
    skipped = run(step("a"), when, a={"total": 100}, context={"go": True})
    assert (skipped.state, skipped.result, skipped.steps["b"].state) == ("complete", {}, "skipped")
    assert skipped.steps["b"].attempts == 0
    root = step("a", when="$context.go == true")
    assert run(root, context={"go": True}).steps["a"].state == "complete"
    assert run(root, context={}).steps["a"].state == "skipped"


def test_a_condition_that_is_not_met_can_fail_the_step():
    failed = run(step("a"), after_a(when="$.a == 1", otherwise="fail"), a=2).steps["b"]
    assert (failed.state, failed.error.type, failed.attempts) == ("failed", "condition", 0)
    assert failed.error.message == "the condition is not met"


def test_a_condition_without_a_boolean_fails_the_step():
    failed = run(step("a"), after_a(when="$.a.total"), a={"total": 5}).steps["b"].error
    assert failed.type == "condition_error"
    assert failed.message == "the condition must be true or false, not [5]"
    failed = run(step("a"), after_a(when="$.a == 1"), a="\0").steps["b"].error
    assert failed.type == "condition_error"
    assert "the condition cannot read its values" in failed.message


def test_too_large_results_of_parents_fail_the_step():
    large = run(step("a"), after_a(when="$.a == 1"), a="x" * (64 << 20)).steps["b"].error
    assert large.type == "condition_error"
    assert large.message == "the results of the parents are too large"
    large = run(step("a"), after_a(), a="x" * (64 << 20)).steps["b"].error
    assert large.type == "inputs_too_large"
    assert run(step("a"), after_a(), a="x" * ((64 << 20) - 2)).is_complete


def test_the_join_decides_before_the_condition():
    keys = {"dependencies": ["a"], "join": "any_failed", "when": "$.a.total"}
    assert run(step("a"), step("b", **keys), a={"total": 5}).steps["b"].state == "skipped"


def test_a_path_with_a_mistake_is_refused():
    for keys in ({"when": "$.a =="}, {"map": "$.a["}, {"repeat": {"until": "$result >"}}):
        (key,) = keys
        with pytest.raises(ValueError, match=f"steps.b.{key}.*: .*syntax error"):
            run(step("a"), after_a(**keys))
    with pytest.raises(ValueError, match="steps.b.signal.key: .*syntax error"):
        run(step("a"), after_a(signal={"name": "go", "key": "$.a["}))


def test_a_step_is_repeated_until_its_condition_is_met():
    seen = []

    def poll(step):
        seen.append((step.iteration, step.previous, step.attempt, step.checkpoint()))
        step.checkpoint("noted")
        if step.iteration == 2 and step.attempt == 1:
            raise tasker.Retry("again")
        return {"done": step.iteration == 3}

    repeat = {"until": "$result.done == true", "delay_seconds": 86400}
    ended = run(step("a"), after_a(repeat=repeat), b=poll).steps["b"]
    assert ended.result == {"done": True}
    assert (ended.iteration, ended.attempts, ended.failures) == (3, 1, [])
    assert seen == [
        (1, None, 1, None),
        (2, {"done": False}, 1, None),
        (2, {"done": False}, 2, "noted"),
        (3, {"done": False}, 1, None),
    ]


def test_a_condition_of_repeat_reads_parents_context_and_iteration():
    def repeated(until, a=2):
        repeat = {"until": until, "max_times": 3}
        return run(step("a"), after_a(repeat=repeat), a=a, context={"n": 2}).steps["b"]

    for until in ("$iteration == 2", "$iteration == $context.n", "$.a == $iteration"):
        assert repeated(until).iteration == 2
    assert repeated("$iteration == 2", a="\0").state == "complete"  # it does not read a
    assert repeated("$.a == $iteration", a="\0").error.type == "condition_error"


def test_a_step_fails_if_its_runs_do_not_meet_the_condition():
    failed = run(after_a(repeat={"until": "$result == 1", "max_times": 3}), step("a")).steps["b"]
    assert (failed.state, failed.iteration, failed.attempts) == ("failed", 3, 0)
    assert failed.error.type == "not_reached"
    assert failed.error.message == "repeat.until was not met in 3 runs"
    failed = run(after_a(repeat={"until": "$result"}), step("a")).steps["b"]
    assert (failed.error.type, failed.iteration) == ("condition_error", 1)


def test_a_run_that_fails_ends_the_repetition():
    def fail(step):
        if step.iteration == 2:
            raise tasker.Retry("no")

    repeat = {"until": "$iteration == 3"}
    failed = run(step("a"), after_a(repeat=repeat, retry={"max_attempts": 2}), b=fail).steps["b"]
    assert (failed.state, failed.iteration, failed.attempts) == ("failed", 2, 2)
    assert failed.error.message == "no"


def test_a_handler_is_called_as_in_a_later_run():
    result, _ = testing.call(lambda step: [step.iteration, step.previous], iteration=2, previous=5)
    assert result == [2, 5]
    assert testing.call(lambda step: [step.iteration, step.previous]) == ([1, None], None)


def test_the_end_of_a_sleep_is_read_but_not_awaited():
    def sleep(until, context=None):
        return run(step("a", sleep={"until": until}), context=context).steps["a"]

    assert sleep("${context/at}", {"at": "2099-01-01T00:00:00Z"}).error.type == "invalid_time"
    assert sleep("${context/at}", {"at": "2030-01-01T00:00:00Z"}).state == "complete"
    failed = sleep("${context/at}", {"at": "soon"})
    assert (failed.error.type, failed.attempts) == ("invalid_time", 0)
    assert sleep("${context/at}").error.type == "invalid_placeholder"
    assert sleep("${context/at:-2020-01-01T00:00:00Z}").state == "complete"


def test_a_correlation_key_is_read():
    def wait(context):
        signal = {"name": "paid", "key": "$context.order"}
        return run(step("a", signal=signal), context=context, signals={"paid": 3}).steps["a"]

    assert wait({"order": "17"}).result["payload"] == 3
    failed = wait({"order": {}})
    assert (failed.error.type, failed.attempts) == ("signal_key", 0)


PARENT_AND_FORK = """
import os, sys
from tasker import testing

def skipped():
    step = {"name": "a", "handler": {"callable": "h"}, "when": "$context.n == 1"}
    template = {"name": "t", "version": "1.0.0", "steps": [step]}
    return testing.run(template, stubs={"h": lambda: 1}).steps["a"].state

assert skipped() == "skipped"
child = os.fork()
if child == 0:
    assert skipped() == "skipped"
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert status == 0
assert skipped() == "skipped"
"""


def test_a_forked_child_uses_the_server_of_its_parent(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    tmp_path.chmod(0o711)
    subprocess.run([sys.executable, "-c", PARENT_AND_FORK], check=True, env=environment)
    assert list(tmp_path.iterdir()) == []  # the files of the server are removed


def test_a_missing_postgresql_is_explained(tmp_path):
    environment = {**os.environ, "TASKER_PG_BIN": str(tmp_path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PARENT_AND_FORK], env=environment, capture_output=True, text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "RuntimeError: this template has conditions, lists or placeholders" in done.stderr
    assert "does not contain the server programs (initdb, postgres)" in done.stderr
    assert list(tmp_path.iterdir()) == []


NOTHING_FOR_POSTGRESQL = """
from tasker import testing

child = {"name": "c", "version": "1.0.0", "steps": [{"name": "x", "sleep": {"seconds": 5}}]}
steps = [{"name": "a", "handler": {"callable": "h"}},
         {"name": "b", "dependencies": ["a"], "workflow": {"name": "c", "context": {"n": 1}}},
         {"name": "c", "dependencies": ["a"], "signal": {"name": "go"}}]
template = {"name": "t", "version": "1.0.0", "steps": steps}
run = testing.run(template, stubs={"h": lambda: 1}, signals={"go": 1}, templates=[child])
assert run.is_complete
"""


def test_other_templates_need_no_postgresql(tmp_path):
    environment = {**os.environ, "TASKER_PG_BIN": str(tmp_path)}
    subprocess.run([sys.executable, "-c", NOTHING_FOR_POSTGRESQL], check=True, env=environment)
