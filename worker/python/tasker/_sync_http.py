"""Requests that block, on connections that are kept."""

from __future__ import annotations

import http.client
import os
import select
import socket
import threading
import weakref
from typing import Any

from . import _http
from .errors import Unreachable


class _Plain(http.client.HTTPConnection):
    """Closed when the thread that opened it ends: no other thread refers to it."""

    def __del__(self) -> None:
        self.close()


class _Secure(_Plain, http.client.HTTPSConnection):
    pass


class _Kept:
    """The connections of one process."""

    def __init__(self) -> None:
        self.of_thread = threading.local()
        self.lock = threading.Lock()
        self.open: weakref.WeakSet[http.client.HTTPConnection] = weakref.WeakSet()

    def leave_to_parent(self) -> None:
        """In a forked child: closes the copies without sending anything to the server."""
        for connection in self.open:
            if connection.sock is not None:
                os.close(connection.sock.detach())


def _is_readable(sock: socket.socket) -> bool:
    poll = select.poll()  # select() refuses descriptors above 1023
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class Transport:
    """One connection for each thread that uses it, also in forked processes."""

    def __init__(self, address: _http.Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._kept_by_process: dict[int, _Kept] = {}

    def send(self, request: _http.Request) -> Any:
        connection, is_kept = self._connection()
        try:
            status, body = self._exchange(connection, request)
        except (http.client.HTTPException, OSError) as problem:
            self._drop(connection)
            # The server may have closed a kept connection; repeating the request is safe.
            if is_kept and request.method == "GET" and not isinstance(problem, TimeoutError):
                return self.send(request)
            raise Unreachable(
                f"no response from {self._address.authority}: {problem or type(problem).__name__}"
            ) from None
        return _http.answer(status, body)

    def close(self) -> None:
        kept = self._kept()
        with kept.lock:
            connections, kept.open = [*kept.open], weakref.WeakSet()
        for connection in connections:
            connection.close()

    def _kept(self) -> _Kept:
        process = os.getpid()
        kept = self._kept_by_process.get(process)
        if kept is None:
            kept = self._kept_by_process.setdefault(process, _Kept())
            for other in [*self._kept_by_process]:
                if other != process and (inherited := self._kept_by_process.pop(other, None)):
                    inherited.leave_to_parent()
        return kept

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        kept = self._kept()
        connection = getattr(kept.of_thread, "connection", None)
        if connection is not None and connection.sock is not None:
            if not _is_readable(connection.sock):
                return connection, True
            self._drop(connection)  # readable without a request: the server has closed it
        kind = _Secure if self._address.is_secure else _Plain
        connection = kind(self._address.host, self._address.port, timeout=self._timeout)
        kept.of_thread.connection = connection
        with kept.lock:
            kept.open.add(connection)
        return connection, False

    def _exchange(
        self, connection: http.client.HTTPConnection, request: _http.Request
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": request.content_type} if request.body is not None else {}
        connection.timeout = self._timeout + request.server_wait
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        connection.request(
            request.method, self._address.prefix + request.path, request.body, headers
        )
        response = connection.getresponse()
        return response.status, response.read()

    def _drop(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        kept = self._kept()
        with kept.lock:
            kept.open.discard(connection)
        kept.of_thread.connection = None
