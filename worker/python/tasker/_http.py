"""HTTP for the clients: requests and responses as values, errors as exceptions."""

from __future__ import annotations

import dataclasses
import json
import os
import urllib.parse
from typing import Any, Optional

from . import _native
from .errors import ApiError, Unreachable


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Optional[bytes] = None
    content_type: str = "application/json"
    server_wait: float = 0.0  # seconds for which the request asks the server to wait


@dataclasses.dataclass(frozen=True)
class Address:
    is_secure: bool
    host: str
    port: int
    prefix: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def address_of(url: Optional[str]) -> Address:
    """Of ``url``, TASKER_URL or the default. Raises ValueError."""
    url = url or os.environ.get("TASKER_URL") or "http://127.0.0.1:8080"
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError(f"no URL of an orchestrator: {url!r}")
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    return Address(is_secure, parts.hostname, port, parts.path.rstrip("/"))


def get(path: str, query: Optional[dict[str, Any]] = None, server_wait: float = 0.0) -> Request:
    given = {name: value for name, value in (query or {}).items() if value is not None}
    if given:
        path += "?" + urllib.parse.urlencode(given, doseq=True)
    return Request("GET", path, server_wait=server_wait)


def post(path: str, value: Any = None) -> Request:
    """Accepts the same values that handlers may return. Raises TypeError or ValueError for
    others."""
    return Request("POST", path, b"" if value is None else _native.write_json(value).encode())


def delete(path: str) -> Request:
    return Request("DELETE", path)


def quoted(part: Any) -> str:
    return urllib.parse.quote(str(part), safe="")


def answer(status: int, body: bytes) -> Any:
    """The value of a successful response. Raises ApiError or Unreachable."""
    try:
        value = json.loads(body) if body else None
    except ValueError:
        value = None
    if 200 <= status < 300:
        return value
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        raise Unreachable(f"not a response of Tasker: status {status}")
    raise ApiError.of(
        status,
        error.get("code", ""),
        error.get("message", ""),
        error.get("details") or [],
    )
