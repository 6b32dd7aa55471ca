"""The lists that steps with ``map`` take, without PostgreSQL: only for plain paths."""

from __future__ import annotations

import math
import re
from typing import Any, Dict, List, Optional

_plain = re.compile(r'\$(?:context)?(?:\.(?:[^\W\d]\w*|"[^"\\]*")|\[\*\])*')
_parts = re.compile(r'\.([^\W\d]\w*)|\."([^"\\]*)"|(\[\*\])')


def is_plain(path: str) -> bool:
    """Whether the path has only names and ``[*]``."""
    return _plain.fullmatch(path) is not None


def elements(path: str, parents: Dict[str, Any], context: Any) -> Optional[List[Any]]:
    """What the SQL function map_elements returns for a plain path; None: it is no array."""
    found = [context if path.startswith("$context") else parents]
    for plain, quoted, every in _parts.findall(path):
        if every:
            found = [each for value in found for each in _unwrapped(value)]
        else:
            name = plain or quoted
            found = [
                each[name]
                for value in found
                for each in _unwrapped(value)
                if isinstance(each, dict) and name in each
            ]
    if "[*]" in path:
        return found
    return found[0] if len(found) == 1 and isinstance(found[0], list) else None


def _unwrapped(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value]


def batches(listed: List[Any], size: int) -> List[Dict[str, Any]]:
    """What the handler gets for each item of a map."""
    indexed = [{"index": index, "item": each} for index, each in enumerate(listed)]
    if size == 1:
        return indexed
    return [{"items": indexed[at : at + size]} for at in range(0, len(indexed), size)]


def most_failures(settings: Dict[str, Any], items: int) -> int:
    """How many items may fail."""
    if settings["on_item_failure"] == "fail":
        return 0
    most = settings.get("max_failures", items)
    if isinstance(most, str):
        return math.floor(items * int(most.rstrip("%")) / 100)
    return int(most)
