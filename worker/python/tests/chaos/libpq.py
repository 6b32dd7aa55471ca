"""A session of PostgreSQL through libpq, which the programs themselves are linked with."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Optional

Rows = list[list[Optional[str]]]

_ok, _command_ok, _tuples_ok = 0, 1, 2


class DatabaseError(Exception):
    """What the server, or the connection to it, answered instead."""


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
    for name, result in (
        ("PQconnectdb", ctypes.c_void_p),
        ("PQexec", ctypes.c_void_p),
        ("PQerrorMessage", ctypes.c_char_p),
        ("PQgetvalue", ctypes.c_char_p),
    ):
        getattr(library, name).restype = result
    return library


_library = _load()


class Session:
    """Not for several threads at a time. Raises DatabaseError."""

    def __init__(self, dsn: str) -> None:
        self._connection = ctypes.c_void_p(_library.PQconnectdb(dsn.encode()))
        if _library.PQstatus(self._connection) != _ok:
            problem = self._problem()
            self.close()
            raise DatabaseError(problem)

    def rows(self, sql: str) -> Rows:
        result = ctypes.c_void_p(_library.PQexec(self._connection, sql.encode()))
        try:
            if _library.PQresultStatus(result) not in (_command_ok, _tuples_ok):
                raise DatabaseError(self._problem())
            columns = range(_library.PQnfields(result))
            return [
                [self._value(result, row, column) for column in columns]
                for row in range(_library.PQntuples(result))
            ]
        finally:
            _library.PQclear(result)

    def value(self, sql: str) -> Optional[str]:
        return self.rows(sql)[0][0]

    def close(self) -> None:
        if self._connection:
            _library.PQfinish(self._connection)
            self._connection = ctypes.c_void_p()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def _value(result: ctypes.c_void_p, row: int, column: int) -> Optional[str]:
        if _library.PQgetisnull(result, row, column):
            return None
        return str(_library.PQgetvalue(result, row, column).decode())

    def _problem(self) -> str:
        return str(_library.PQerrorMessage(self._connection).decode()).strip()
