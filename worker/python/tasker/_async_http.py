"""Requests for asyncio, on connections that are kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

from . import _http
from .errors import Unreachable

_most_idle = 16
_longest_head = 65_536
_broken = (
    OSError,
    EOFError,
    RuntimeError,  # the event loop is shut down
    ValueError,
    IndexError,
    asyncio.TimeoutError,
    asyncio.LimitOverrunError,
)


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.is_kept = False  # has answered before
        self.is_usable = True

    @property
    def is_open(self) -> bool:
        return self.is_usable and not self._reader.at_eof() and not self._writer.is_closing()

    async def exchange(
        self, address: _http.Address, request: _http.Request
    ) -> tuple[int, bytes]:
        self.is_usable = False  # until the whole response was read
        head = [f"{request.method} {address.prefix}{request.path} HTTP/1.1"]
        head += [f"Host: {address.authority}"]
        if request.body is not None:
            head += [f"Content-Type: {request.content_type}"]
            head += [f"Content-Length: {len(request.body)}"]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + (request.body or b""))
        await self._writer.drain()
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        fields = dict(_field(line) for line in lines[1:] if line)
        body = await self._body(fields)
        self.is_usable = fields.get("connection", "").lower() != "close"
        self.is_kept = True
        return status, body

    async def _body(self, fields: dict[str, str]) -> bytes:
        if fields.get("transfer-encoding", "").lower() != "chunked":
            return await self._reader.readexactly(int(fields.get("content-length", "0")))
        body = b""
        while size := int((await self._reader.readline()).split(b";")[0], 16):
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readuntil(b"\r\n")
        return body

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass  # it was already broken

    def close_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Closes the connection on its loop, which may run in another thread."""
        with contextlib.suppress(RuntimeError):  # that loop has been closed
            loop.call_soon_threadsafe(self._writer.close)

    def leave_to_parent(self) -> None:
        """In a forked child: closes the copy without sending anything to the server, and does not
        touch the parent's loop."""
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, self._writer.get_extra_info("socket").fileno())
        os.close(nothing)


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


class Transport:
    """Opens a connection for each concurrent request, and keeps some for later ones.

    Only the process and the event loop that opened a kept connection use it again.
    """

    def __init__(self, address: _http.Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._idle: dict[tuple[int, asyncio.AbstractEventLoop], list[_Connection]] = {}

    async def send(self, request: _http.Request) -> Any:
        connection = None
        try:
            connection = await asyncio.wait_for(self._connection(), self._timeout)
            exchange = connection.exchange(self._address, request)
            limit = self._timeout + request.server_wait
            status, body = await asyncio.wait_for(exchange, limit)
        except _broken as problem:
            was_kept = connection is not None and connection.is_kept
            is_late = isinstance(problem, asyncio.TimeoutError)
            if was_kept and request.method == "GET" and not is_late:
                return await self.send(request)  # closed in between; repeating the request is safe
            raise Unreachable(
                f"no response from {self._address.authority}: {problem or type(problem).__name__}"
            ) from None
        finally:
            if connection is not None:
                await self._give_back(connection)
        return _http.answer(status, body)

    async def close(self) -> None:
        self._drop_unusable()
        here = asyncio.get_running_loop()
        for place in [*self._idle]:
            for connection in self._idle.pop(place, []):
                if place[1] is here:
                    await connection.close()
                else:
                    connection.close_on(place[1])

    def _idle_here(self) -> list[_Connection]:
        here = os.getpid(), asyncio.get_running_loop()
        if here not in self._idle:
            self._drop_unusable()
        return self._idle.setdefault(here, [])

    def _drop_unusable(self) -> None:
        for process, loop in [*self._idle]:
            if process != os.getpid():
                for connection in self._idle.pop((process, loop), []):
                    connection.leave_to_parent()
            elif loop.is_closed():
                self._idle.pop((process, loop), None)

    async def _connection(self) -> _Connection:
        idle = self._idle_here()
        while idle:
            connection = idle.pop()
            if connection.is_open:
                return connection
            await connection.close()
        streams = await asyncio.open_connection(
            self._address.host,
            self._address.port,
            limit=_longest_head,
            ssl=True if self._address.is_secure else None,
        )
        return _Connection(*streams)

    async def _give_back(self, connection: _Connection) -> None:
        idle = self._idle_here()
        if connection.is_open and len(idle) < _most_idle:
            idle.append(connection)
        else:
            await connection.close()
