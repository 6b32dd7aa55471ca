"""Requests that block, on connections that are kept."""

from __future__ import annotations

import http.client
import select
import threading
from typing import Any

from . import _http
from .errors import Unreachable


class Transport:
    """One connection for each thread that uses it."""

    def __init__(self, address: _http.Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: set[http.client.HTTPConnection] = set()

    def send(self, request: _http.Request) -> Any:
        connection, is_kept = self._connection()
        try:
            status, body = self._exchange(connection, request)
        except (http.client.HTTPException, OSError) as problem:
            self._drop(connection)
            # A kept connection may have been closed in between; asking again changes nothing.
            if is_kept and request.method == "GET" and not isinstance(problem, TimeoutError):
                return self.send(request)
            raise Unreachable(
                f"no answer from {self._address.authority}: {problem or type(problem).__name__}"
            ) from problem
        return _http.answer(status, body)

    def close(self) -> None:
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            connection.close()

    def _connection(self):
        connection = getattr(self._local, "connection", None)
        if connection is not None and connection.sock is not None:
            if not select.select([connection.sock], [], [], 0)[0]:
                return connection, True
            self._drop(connection)  # readable while nothing was asked: the server has closed it
        kind = http.client.HTTPConnection
        if self._address.is_secure:
            kind = http.client.HTTPSConnection
        connection = kind(self._address.host, self._address.port, timeout=self._timeout)
        self._local.connection = connection
        with self._lock:
            self._open.add(connection)
        return connection, False

    def _exchange(self, connection, request):
        headers = {"Content-Type": request.content_type} if request.body is not None else {}
        connection.timeout = self._timeout + request.patience
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        connection.request(
            request.method, self._address.prefix + request.path, request.body, headers
        )
        response = connection.getresponse()
        return response.status, response.read()

    def _drop(self, connection):
        connection.close()
        with self._lock:
            self._open.discard(connection)
        self._local.connection = None
