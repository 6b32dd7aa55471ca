"""Requests for asyncio, on connections that are kept."""

from __future__ import annotations

import asyncio
from typing import Any

from . import _http
from .errors import Unreachable

_most_idle = 16
_longest_head = 65_536
_broken = (
    OSError,
    EOFError,
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

    async def exchange(self, address: _http.Address, request: _http.Request):
        self.is_usable = False  # until the whole answer was read
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

    async def _body(self, fields):
        if fields.get("transfer-encoding", "").lower() != "chunked":
            return await self._reader.readexactly(int(fields.get("content-length", "0")))
        body = b""
        while size := int((await self._reader.readline()).split(b";")[0], 16):
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readuntil(b"\r\n")
        return body

    async def close(self):
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass  # it was broken already


def _field(line):
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


class Transport:
    """As many connections as requests at a time; some are kept for the next ones."""

    def __init__(self, address: _http.Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._idle: list[_Connection] = []

    async def send(self, request: _http.Request) -> Any:
        connection = None
        try:
            connection = await asyncio.wait_for(self._connection(), self._timeout)
            exchange = connection.exchange(self._address, request)
            limit = self._timeout + request.patience
            status, body = await asyncio.wait_for(exchange, limit)
        except _broken as problem:
            was_kept = connection is not None and connection.is_kept
            is_late = isinstance(problem, asyncio.TimeoutError)
            if was_kept and request.method == "GET" and not is_late:
                return await self.send(request)  # closed in between; asking again changes nothing
            raise Unreachable(
                f"no answer from {self._address.authority}: {problem or type(problem).__name__}"
            ) from problem
        finally:
            if connection is not None:
                await self._give_back(connection)
        return _http.answer(status, body)

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()

    async def _connection(self):
        while self._idle:
            connection = self._idle.pop()
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

    async def _give_back(self, connection):
        if connection.is_open and len(self._idle) < _most_idle:
            self._idle.append(connection)
        else:
            await connection.close()
