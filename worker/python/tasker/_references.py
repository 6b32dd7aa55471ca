"""Places of values that a template names: in `${…}` placeholders and in conditions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Optional, Union

from . import _native

Literal = Union[str, int, float, bool, None]

_plain_key = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Condition:
    """A comparison, for ``when`` and ``until``; combine them with ``&``, ``|`` and ``~``."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __and__(self, other: Union[str, Condition, Reference]) -> Condition:
        return Condition(f"({self}) && ({condition(other)})")

    def __or__(self, other: Union[str, Condition, Reference]) -> Condition:
        return Condition(f"({self}) || ({condition(other)})")

    def __invert__(self) -> Condition:
        return Condition(f"!({self})")

    def __bool__(self) -> bool:
        raise TypeError("a condition has no value yet; combine conditions with &, | and ~")


class Reference:
    """A value that a task will have: ``step.result["total"]``, ``template.context["id"]``.

    In ``inputs``, ``context`` and ``result`` it becomes the value, also within an f-string:
    ``f"Order {template.context['id']}"``. A comparison makes a condition:
    ``step.result["total"] > 100``. ``path`` is for conditions that you write as text.
    """

    __slots__ = ("_default", "_keys", "_place", "_root")
    __iter__ = None  # without it, Python would iterate by index without an end

    def __init__(
        self,
        place: Optional[str],
        root: Optional[str],
        keys: tuple[Union[str, int], ...] = (),
        default: Optional[str] = None,
    ) -> None:
        self._place = place  # of a placeholder; None: has none
        self._root = root  # of a path; None: has none
        self._keys = keys
        self._default = default

    def __getitem__(self, key: Union[str, int]) -> Reference:
        if not isinstance(key, str) and (type(key) is not int or key < 0):
            raise TypeError(f"{key!r}: must be the name of a member, or an index from 0")
        return Reference(self._place, self._root, (*self._keys, key), self._default)

    def default(self, value: Any) -> Reference:
        """The same place, with a value for a task in which it is missing or null."""
        text = _native.write_json(value)
        if "}" in text:
            raise ValueError(f"default {text}: must not have a }}, which ends the placeholder")
        return Reference(self._place, self._root, self._keys, text)

    def __str__(self) -> str:
        return self.placeholder("parents")

    def __bool__(self) -> bool:
        raise TypeError("only a running task has this value; combine conditions with &, | and ~")

    def placeholder(self, steps: str) -> str:
        """``${…}``; ``steps`` is what results of steps begin with: parents, or steps."""
        if self._place is None:
            raise TypeError(f"{self.path} is only for conditions")
        pointer = "".join(
            "/" + str(key).replace("~", "~0").replace("/", "~1") for key in self._keys
        )
        if "}" in pointer or ":-" in pointer:
            raise ValueError(f"{pointer}: a placeholder cannot name a member with }} or :-")
        place = self._place.replace("parents/", f"{steps}/", 1)
        default = "" if self._default is None else f":-{self._default}"
        return f"${{{place}{pointer}{default}}}"

    @property
    def path(self) -> str:
        """The SQL/JSON path: ``$.validate.total``."""
        if self._root is None:
            raise TypeError(f"{self} is only for inputs, not for conditions")
        if self._default is not None:
            raise TypeError(f"{self} has a default, which conditions do not support")
        return self._root + "".join(_step_of_path(key) for key in self._keys)

    def _compared(self, sign: str, other: Union[Reference, Literal]) -> Condition:
        if isinstance(other, Reference):
            return Condition(f"{self.path} {sign} {other.path}")
        if other is not None and not isinstance(other, (str, int, float)):
            raise TypeError(f"{self.path} cannot be compared with a {type(other).__name__}")
        return Condition(f"{self.path} {sign} {_native.write_json(other)}")

    def __gt__(self, other: Union[Reference, Literal]) -> Condition:
        return self._compared(">", other)

    def __ge__(self, other: Union[Reference, Literal]) -> Condition:
        return self._compared(">=", other)

    def __lt__(self, other: Union[Reference, Literal]) -> Condition:
        return self._compared("<", other)

    def __le__(self, other: Union[Reference, Literal]) -> Condition:
        return self._compared("<=", other)

    def __eq__(self, other: Union[Reference, Literal]) -> Condition:  # type: ignore[override]
        return self._compared("==", other)

    def __ne__(self, other: Union[Reference, Literal]) -> Condition:  # type: ignore[override]
        return self._compared("!=", other)

    __hash__ = None  # type: ignore[assignment]


def of_step(name: str) -> Reference:
    return Reference(f"parents/{name}", "$" + _step_of_path(name))


def condition(given: Union[str, Condition, Reference]) -> str:
    """The text of a condition; a reference alone means that the value is true."""
    if isinstance(given, Reference):
        return f"{given.path} == true"
    if not isinstance(given, (str, Condition)):
        raise TypeError(f"{given!r}: must be a condition or its text")
    return str(given)


def filled(value: Any, steps: str) -> Any:
    """The value with placeholders for its references."""
    if isinstance(value, Reference):
        return value.placeholder(steps)
    if isinstance(value, Mapping):
        return {key: filled(each, steps) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(each, steps) for each in value]
    return value


def _step_of_path(key: Union[str, int]) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _plain_key.fullmatch(key) else f".{json.dumps(key, ensure_ascii=False)}"
