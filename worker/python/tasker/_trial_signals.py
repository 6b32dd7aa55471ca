"""Signals in memory, for ``testing.run``."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Tuple

from . import _native


@dataclasses.dataclass(frozen=True)
class Signal:
    """A signal that a test sends: its payload, and who sends it."""

    payload: Any = None
    by: Optional[str] = None


def check_names(signals: Mapping[str, Any], steps: List[Dict[str, Any]]) -> None:
    """Raises ValueError if no step waits for a signal of ``signals``."""
    known = {step["signal"]["name"] for step in steps if step["signal"]}
    unknown = sorted(signals.keys() - known)
    if unknown:
        raise ValueError(f"no step waits for the signals: {', '.join(unknown)}")


def end_wait(
    declared: Dict[str, Any], signals: Mapping[str, Any]
) -> Tuple[str, Any, Optional[str]]:
    """State, result and error of a step that waits for a signal.

    If the signal is not in ``signals``, its deadline passes. Raises ValueError if it has none, or
    if a payload does not fit its schema.
    """
    signal = declared["signal"]
    received = _received(signal, signals)
    if len(received) >= signal.get("quorum", 1):
        return "complete", _result(signal, received), None
    if "deadline_seconds" not in signal:
        raise ValueError(
            f'step "{declared["name"]}" waits for signal "{signal["name"]}": '
            f"pass enough of it in `signals`"
        )
    if signal["on_deadline"] == "skip":
        return "skipped", None, None
    if signal["on_deadline"] == "fail":
        seconds = signal["deadline_seconds"]
        return "failed", None, f'signal "{signal["name"]}" did not come within {seconds} seconds'
    if "quorum" not in signal:
        received = [Signal(signal.get("value"))]
    return "complete", _result(signal, received), None


def _received(signal: Dict[str, Any], signals: Mapping[str, Any]) -> List[Signal]:
    """The signals that the step accepts: as many as it needs, each of another sender."""
    if signal["name"] not in signals:
        return []
    given = signals[signal["name"]]
    are_several = isinstance(given, list) and all(isinstance(each, Signal) for each in given)
    accepted: List[Signal] = []
    for each in given if are_several else [given]:
        sent = each if isinstance(each, Signal) else Signal(each)
        text = _native.write_json(sent.payload)
        if "schema" in signal:
            schema = _native.write_json(signal["schema"])
            problems = _native.check_context(schema, text, "payload")
            if problems:
                raise ValueError(f'signal "{signal["name"]}": {"; ".join(problems)}')
        if "quorum" in signal and sent.by is None:
            raise ValueError(
                f'signal "{signal["name"]}" needs senders: testing.Signal(…, by="…")'
            )
        is_other = all(sent.by != before.by for before in accepted)
        if len(accepted) < signal.get("quorum", 1) and is_other:
            accepted.append(Signal(_native.read_json(text), sent.by))
    return accepted


def _result(signal: Dict[str, Any], received: List[Signal]) -> Dict[str, Any]:
    at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")
    at = at.replace("+00:00", "Z")
    if "quorum" in signal:
        return {
            "payloads": [each.payload for each in received],
            "by": [each.by for each in received],
            "at": at,
        }
    return {"payload": received[0].payload, "by": received[0].by, "at": at}
