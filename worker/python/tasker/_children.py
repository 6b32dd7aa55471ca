"""Child tasks that a handler asks for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Children", "children"]


@dataclasses.dataclass(frozen=True)
class Children:
    """What ``children`` returns; return it from a handler."""

    wanted: list[Mapping[str, Any]]
    on_child_failure: str = "fail"


def children(wanted: Iterable[Mapping[str, Any]], *, on_child_failure: str = "fail") -> Children:
    """Return it from a handler to let child tasks do the work::

        return tasker.children(
            {"key": name, "template": "resize", "context": {"file": name}} for name in files
        )

    The step waits for the child tasks without a worker. Its result is ``{key: result}``. ``key`` (1
    to 255 bytes, unique) and ``template`` (a name, or a mapping with ``name``, ``namespace`` and
    ``version``) are required; ``context`` and ``priority`` (1 to 4) are optional. At most 10,000.

    With ``on_child_failure="fail"`` the step fails when a child fails, and is retried by its
    template's rules; children that were complete are then used again. With ``"collect"`` the
    result has None for a child that did not complete.

    A wrong child fails the step permanently (type ``invalid_children``).
    """
    if on_child_failure not in ("fail", "collect"):
        raise ValueError(f'on_child_failure: must be "fail" or "collect", not {on_child_failure!r}')
    return Children(list(wanted), on_child_failure)
