"""The rules of ``join`` in memory, for ``testing.run``."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Set

if TYPE_CHECKING:
    from ._trial_runs import StepRun


def outcome(rule: str, parents: List[StepRun], allowed: Set[str]) -> str:
    """``run``, ``skip`` or ``never``: the rule of the SQL function join_outcome."""
    complete = any(parent.state == "complete" for parent in parents)
    skipped = any(parent.state == "skipped" for parent in parents)
    tolerated = any(parent.state == "failed" and parent.name in allowed for parent in parents)
    failed = any(
        parent.state == "pending" or (parent.state == "failed" and parent.name not in allowed)
        for parent in parents
    )
    if rule == "all_done":
        return "run"
    if rule == "any_failed":
        return "run" if failed or tolerated else "skip"
    if rule == "any_complete" and complete:
        return "run"
    if failed:
        return "never"
    if rule == "none_failed":
        return "run"
    return "skip" if rule == "any_complete" or skipped or tolerated else "run"
