"""Writes a template as YAML; docs/decisions/0704-yaml-is-written-without-a-library.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from . import _native

_width = 90  # of a mapping or list in one line
_plain = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
# Read as other types without quotes; those of YAML 1.1 too, for other tools.
_other_types = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


def write(value: dict[str, Any]) -> str:
    """YAML 1.2 of plain values, in their order; reading it gives equal values."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if _is_short(each):
                yield f"{_scalar(key)}: {_flow(each)}"
            else:
                yield f"{_scalar(key)}:"
                yield from (f"  {line}" for line in _lines(each))
    else:
        for each in value:
            lines = iter([_flow(each)] if _is_short(each) else _lines(each))
            yield f"- {next(lines)}"
            yield from (f"  {line}" for line in lines)


def _is_short(value: Any) -> bool:
    """Whether it is in one line: a scalar, or a few of them."""
    if not isinstance(value, (dict, list)):
        return True
    held = value.values() if isinstance(value, dict) else value
    return not any(each and isinstance(each, (dict, list)) for each in held) and (
        not value or len(_flow(value)) <= _width
    )


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        members = (f"{_scalar(key)}: {_flow(each)}" for key, each in value.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable():
        return _native.write_json(value)  # JSON is YAML
    if _plain.fullmatch(value) and value.lower() not in _other_types:
        return value
    quoted = value.replace("'", "''")
    return f"'{quoted}'"
