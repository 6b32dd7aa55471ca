"""A TCP proxy before PostgreSQL that cuts, delays and silences connections, and loses answers."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import random
import threading
from typing import Callable, Optional

_chunk = 65536


class _Connection:
    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client, self.server = client, server
        self.is_silent = False
        self.loses_answer = False
        self.is_cut_after_request = False
        self.ended = asyncio.Event()

    def cut(self) -> None:
        for each in (self.client, self.server):
            each.transport.abort()
        self.ended.set()


class Proxy:
    """Listens on a port of this host, and connects to the socket of a server."""

    def __init__(self, socket: pathlib.Path, seed: int) -> None:
        self._socket = socket
        self._random = random.Random(f"proxy {seed}")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[_Connection] = set()
        self._server: Optional[asyncio.AbstractServer] = None
        self._longest_delay = 0.0
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        def end() -> None:
            assert self._server is not None
            self._server.close()
            for each in [*self._open]:
                each.cut()
            self._loop.call_later(0.1, self._loop.stop)

        self._loop.call_soon_threadsafe(end)
        self._thread.join()

    def cut(self, share: float) -> None:
        """Ends connections, also in the middle of a message."""
        self._each(share, _Connection.cut)

    def silence(self, share: float) -> None:
        """Connections stay open, and nothing passes them any more. New ones work."""
        self._each(share, lambda each: setattr(each, "is_silent", True))

    def lose_answers(self, share: float) -> None:
        """The next answer of the server is lost with its connection, so the client does not know
        what was committed."""
        self._each(share, lambda each: setattr(each, "loses_answer", True))

    def cut_after_requests(self, share: float) -> None:
        """The next request reaches the server, but the connection ends while it is executed."""
        self._each(share, lambda each: setattr(each, "is_cut_after_request", True))

    def delay(self, longest: float) -> None:
        """From now on each part of a message waits, for `longest` seconds at most."""
        self._longest_delay = longest

    def _each(self, share: float, action: Callable[[_Connection], None]) -> None:
        def act() -> None:
            for each in [*self._open]:
                if self._random.random() < share:
                    action(each)

        self._loop.call_soon_threadsafe(act)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_unix_connection(str(self._socket))
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection(writer, to_server)
        self._open.add(connection)
        pumps = [
            asyncio.ensure_future(self._requests(connection, reader)),
            asyncio.ensure_future(self._answers(connection, from_server)),
            asyncio.ensure_future(connection.ended.wait()),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for each in pumps:
            each.cancel()
        connection.cut()
        self._open.discard(connection)

    async def _requests(self, connection: _Connection, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await self._next(connection, reader):
                connection.server.write(data)
                await connection.server.drain()
                if connection.is_cut_after_request:
                    await asyncio.sleep(self._random.choice([0, 0, 0.001, 0.005]))
                    return

    async def _answers(self, connection: _Connection, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await self._next(connection, reader):
                if connection.loses_answer:
                    return
                connection.client.write(data)
                await connection.client.drain()

    async def _next(self, connection: _Connection, reader: asyncio.StreamReader) -> bytes:
        data = await reader.read(_chunk)
        if self._longest_delay:
            await asyncio.sleep(self._random.uniform(0, self._longest_delay))
        if connection.is_silent:
            await connection.ended.wait()
        return data
