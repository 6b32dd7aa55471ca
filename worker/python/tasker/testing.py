"""Help for the tests of handlers."""

from ._dev_server import DevServer

__all__ = ["DevServer"]
