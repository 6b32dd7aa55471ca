"""Fixtures for pytest: a private Tasker for the tests of handlers.

Installed with the package; in a checkout ``pytest -p tasker.pytest_plugin``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from ._dev_server import DevServer
from .client import Client


@pytest.fixture(scope="session")
def tasker_server() -> Iterator[DevServer]:
    """PostgreSQL and an orchestrator, started once for the session: a ``DevServer``."""
    with DevServer() as server:
        yield server


@pytest.fixture
def tasker_client(tasker_server: DevServer) -> Iterator[Client]:
    """A client of ``tasker_server``."""
    with tasker_server.client() as client:
        yield client


@pytest.fixture
def tasker_namespace() -> str:
    """A namespace that no other test uses, for templates, tasks and workers."""
    return "t_" + uuid.uuid4().hex[:16]
