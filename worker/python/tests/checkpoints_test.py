"""Checkpoints and progress of handlers, without an engine."""

import tasker
from tasker import testing


def failure_of(handler):
    _, failure = testing.call(handler)
    assert failure is not None
    return failure


def test_next_attempt_gets_the_last_checkpoint():
    def charge(step):
        seen = step.checkpoint()
        step.checkpoint([*(seen or []), step.attempt])
        if step.attempt < 3:
            raise tasker.Retry("again")
        return seen

    step = {
        "name": "charge",
        "handler": {"callable": "charge"},
        "retry": {"max_attempts": 3, "backoff": "none"},
    }
    template = {"name": "t", "version": "1.0.0", "steps": [step]}
    run = testing.run(template, stubs={"charge": charge})
    assert run.steps["charge"].result == [1, 2]


def test_call_gives_a_checkpoint_of_an_earlier_attempt():
    result, failure = testing.call(lambda step: step.checkpoint(), checkpoint={"row": 7})
    assert (result, failure) == ({"row": 7}, None)
    result, failure = testing.call(lambda step: [step.checkpoint()])
    assert (result, failure) == ([None], None)


def test_checkpoint_beyond_its_limit_fails_the_step():
    most = 1 << 20
    result, failure = testing.call(lambda step: step.checkpoint("x" * (most - 2)))
    assert (result, failure) == (None, None)
    failure = failure_of(lambda step: step.checkpoint("x" * (most - 1)))
    assert (failure.type, failure.permanent) == ("checkpoint_too_large", True)
    assert failure.message == "the checkpoint takes 1048577 bytes as JSON; the limit is 1048576"


def test_checkpoint_must_be_json():
    failure = failure_of(lambda step: step.checkpoint(object()))
    assert failure.type == "TypeError" and not failure.permanent
    failure = failure_of(lambda step: step.checkpoint("\0"))
    assert (failure.type, failure.permanent) == ("invalid_checkpoint", True)


def test_progress_is_from_0_to_1():
    _, failure = testing.call(lambda step: (step.progress(0), step.progress(1, "done")))
    assert failure is None
    for share in (-0.1, 1.1, float("nan")):
        failure = failure_of(lambda step, share=share: step.progress(share))
        assert failure.type == "ValueError"
        assert failure.message.startswith("progress: must be from 0 to 1, not ")
