"""tasker.testing: steps that wait for signals."""

import pytest

from tasker import testing


def run(keys, **given):
    template = {
        "name": "t",
        "version": "1.0.0",
        "steps": [
            {"name": "wait", "signal": {"name": "go", **keys}},
            {"name": "after", "handler": {"callable": "h"}, "dependencies": ["wait"]},
        ],
    }
    return testing.run(template, stubs={"h": lambda parents: parents}, **given)


def test_signal_is_given_beforehand():
    done = run({}, signals={"go": {"ok": True}})
    assert done.is_complete
    got = done.steps["after"].result["wait"]
    assert (got["payload"], got["by"]) == ({"ok": True}, None) and got["at"].endswith("Z")
    done = run({}, signals={"go": testing.Signal([1, 2], by="ada")})
    assert done.steps["wait"].result["payload"] == [1, 2]
    assert done.steps["wait"].result["by"] == "ada"


def test_missing_signal_is_an_error_unless_it_has_a_deadline():
    with pytest.raises(ValueError, match='step "wait" waits for signal "go"'):
        run({})
    failed = run({"deadline_seconds": 60})
    assert failed.state == "failed" and failed.steps["wait"].error.type == "deadline"
    assert "did not come within 60 seconds" in failed.steps["wait"].error.message
    skipped = run({"deadline_seconds": 60, "on_deadline": "skip"})
    assert skipped.steps["wait"].state == skipped.steps["after"].state == "skipped"
    late = run({"deadline_seconds": 60, "on_deadline": "complete", "value": 7})
    assert late.steps["wait"].result["payload"] == 7


def test_quorum_needs_different_senders():
    ada, bob = testing.Signal(1, by="ada"), testing.Signal(2, by="bob")
    done = run({"quorum": 2}, signals={"go": [ada, ada, bob]})
    assert done.steps["wait"].result["payloads"] == [1, 2]
    assert done.steps["wait"].result["by"] == ["ada", "bob"]
    with pytest.raises(ValueError, match="pass enough of it"):
        run({"quorum": 2}, signals={"go": [ada, ada]})
    with pytest.raises(ValueError, match="needs senders"):
        run({"quorum": 2}, signals={"go": 1})
    some = run(
        {"quorum": 2, "deadline_seconds": 1, "on_deadline": "complete"}, signals={"go": ada}
    )
    assert some.steps["wait"].result["payloads"] == [1]


def test_payload_and_name_are_checked():
    with pytest.raises(ValueError, match='signal "go": payload: must be an object'):
        run({"schema": {"type": "object"}}, signals={"go": 1})
    with pytest.raises(ValueError, match="no step waits for the signals: come"):
        run({}, signals={"come": 1})
