"""Private PostgreSQL servers: started, crashed, and replaced by their standbys."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from typing import Any

from chaos.libpq import DatabaseError, Rows, Session
from chaos.waiting import until

_settings = """
listen_addresses = ''
max_connections = 60
superuser_reserved_connections = 3
shared_buffers = 64MB
wal_level = replica
max_wal_senders = 5
hot_standby = on
wal_sender_timeout = 5s
wal_retrieve_retry_interval = 200ms
log_min_messages = warning
log_checkpoints = off
"""
_database = "chaos"


def _server_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError('PostgreSQL does not run as root, and there is no user "postgres"')


def _programs() -> pathlib.Path:
    named = os.environ.get("TASKER_PG_BIN")
    return pathlib.Path(
        named or subprocess.check_output(["pg_config", "--bindir"], text=True).strip()
    )


def can_copy() -> bool:
    """False for servers of scripts/with-postgresql, which have fewer programs."""
    return (_programs() / "pg_basebackup").exists()


class Server:
    """One server with its data, in a folder that also has its socket."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self._identity = _server_user()
        folder.mkdir()
        if self._identity:
            os.chown(folder, self._identity["user"], self._identity["group"])

    @property
    def data(self) -> pathlib.Path:
        return self.folder / "data"

    def dsn(self, database: str = _database) -> str:
        return f"host={self.folder} user=postgres dbname={database}"

    def make(self) -> None:
        self._run("initdb", "--pgdata", self.data, "--username=postgres", "--encoding=UTF8",
                  "--locale=C", "--auth=trust", "--no-sync", "--no-instructions")
        settings = _settings + f"unix_socket_directories = '{self.folder}'\n"
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(settings)

    def follow(self, primary: Server) -> None:
        """Makes its data a copy of the primary's, as its standby."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._run("pg_basebackup", "--pgdata", self.data, "--dbname", primary.dsn("postgres"),
                  "--checkpoint=fast", "--write-recovery-conf", "--wal-method=stream", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"unix_socket_directories = '{self.folder}'\n")

    def start(self) -> None:
        self._control("start", "--log", str(self.folder / "log"), "--timeout", "60")

    def stop(self, mode: str) -> None:
        """`mode`: fast, or immediate: as a crash."""
        if (self.data / "postmaster.pid").exists():
            self._control("stop", "--mode", mode, "--timeout", "60")

    def promote(self) -> None:
        self._control("promote", "--timeout", "60")

    def processes(self) -> list[int]:
        """The server and its sessions."""
        main = int((self.data / "postmaster.pid").read_text().split()[0])
        children = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text()
        return [main, *map(int, children.split())]

    def signal(self, number: signal.Signals) -> None:
        for each in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, number)

    def rows(self, sql: str) -> Rows:
        with Session(self.dsn()) as session:
            return session.rows(sql)

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def _control(self, action: str, *arguments: str) -> None:
        self._run("pg_ctl", action, "--silent", "--wait", "--pgdata", self.data, *arguments)

    def _run(self, program: str, *arguments: object) -> None:
        command: Sequence[str] = [str(_programs() / program), *map(str, arguments)]
        with tempfile.TemporaryFile() as output:  # a server that starts keeps a pipe open
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT, cwd="/", check=False, **self._identity)
            output.seek(0)
            printed = output.read().decode(errors="replace")
        assert done.returncode == 0, f"{program}: {printed}\n{self.log()}"

    def log(self) -> str:
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""


class Cluster:
    """A primary server, with or without a synchronous standby; removed at the end."""

    def __init__(self, has_standby: bool = False) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tasker-chaos-"))
        self.folder.chmod(0o711)
        self.servers = [Server(self.folder / name) for name in ("a", "b")[: 1 + has_standby]]
        self.primary = self.servers[0]

    def start(self) -> None:
        self.primary.make()
        self.primary.start()
        with Session(self.primary.dsn("postgres")) as session:
            session.rows(f"create database {_database}")
        if len(self.servers) > 1:
            self.add_standby()

    @property
    def dsn(self) -> str:
        """For programs: with a standby, of whichever server accepts writes."""
        if len(self.servers) == 1:
            return self.primary.dsn()
        hosts = ",".join(str(each.folder) for each in self.servers)
        return f"host={hosts} user=postgres dbname={_database} target_session_attrs=read-write"

    @property
    def standby(self) -> Server:
        return next(each for each in self.servers if each is not self.primary)

    def add_standby(self) -> None:
        """Every commit waits for it from now on, so that a failover loses none."""
        self.standby.follow(self.primary)
        self.standby.start()
        with Session(self.primary.dsn("postgres")) as session:
            session.rows("alter system set synchronous_standby_names = '*'")
            session.rows("select pg_reload_conf()")
            until(lambda: session.value(
                "select count(*) from pg_stat_replication where sync_state = 'sync'") == "1")

    def fail_over(self, frozen: bool = False) -> None:
        """The standby becomes the primary. `frozen`: the old one does not answer, and its sockets
        stay open until the new one is ready."""
        old, new = self.primary, self.standby
        if frozen:
            old.signal(signal.SIGSTOP)
        else:
            old.stop("immediate")
        new.promote()
        self.primary = new
        if frozen:
            old.signal(signal.SIGKILL)
        (old.data / "postmaster.pid").unlink(missing_ok=True)

    def rows(self, sql: str) -> Rows:
        return self.primary.rows(sql)

    def try_rows(self, sql: str) -> Rows:
        """None of them, if the server does not answer."""
        try:
            return self.rows(sql)
        except DatabaseError:
            return []

    def value(self, sql: str) -> Any:
        return self.primary.value(sql)

    def stop(self) -> None:
        for each in self.servers:
            with contextlib.suppress(AssertionError, OSError, ValueError):
                each.signal(signal.SIGCONT)
                each.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
