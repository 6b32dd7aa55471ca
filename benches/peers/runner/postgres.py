"""A private PostgreSQL on TCP, fsync on, with pg_stat_statements; one fresh database a run."""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
from typing import Any

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "top",
    "pg_stat_statements.max": "10000",
}
REPORTED = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method",
            "shared_buffers")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server_programs():
    """The folder of initdb and pg_ctl; None where there is no server."""
    found = shutil.which("initdb")
    if found:
        return pathlib.Path(found).resolve().parent
    installed = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                       key=lambda path: float(path.parts[-3]))
    return installed[-1].parent if installed else None


class Postgres:
    def __init__(self):
        self.programs = server_programs()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tasker-peers-", dir="/var/tmp"))
        self.port = free_port()
        # PostgreSQL refuses root.
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.started = False
        self.runs = 0

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def start(self):
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.call("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust",
                  "-E", "UTF8", "--locale=C")
        settings = {**SETTINGS, "port": self.port, "unix_socket_directories": self.folder}
        with open(self.folder / "data" / "postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.call("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "start")
        self.started = True
        self.sql("create extension pg_stat_statements")
        return self

    def __exit__(self, *_):
        if self.started:
            self.call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, program, *arguments):
        as_user: dict[str, Any] = {}
        if self.user:
            as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        done = subprocess.run([self.programs / program, *arguments], cwd=self.folder, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, check=False, **as_user)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr[-2000:]}")

    def sql(self, statement):
        """Of the first row, the fields as texts."""
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.url("postgres"), "-c",
                               statement], text=True, capture_output=True, check=True)
        return done.stdout.split("\n")[0].split("|")

    def url(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def fresh(self):
        """The URL of a new database. The checkpoint comes first: none falls into the clock, and
        no page of the new database is logged as a whole because of it."""
        self.runs += 1
        name = f"peer_{self.runs}"
        self.sql("checkpoint")
        self.sql(f"create database {name}")
        return self.url(name)

    def drop(self):
        self.sql(f"drop database if exists peer_{self.runs} with (force)")

    def sample(self):
        """Bytes of WAL and statements sent by clients, since the server's start."""
        position, calls = self.sql(
            "select pg_current_wal_insert_lsn() - '0/0', (select coalesce(sum(calls), 0) "
            "from pg_stat_statements s join pg_database d on d.oid = s.dbid "
            f"where d.datname = 'peer_{self.runs}')")
        return {"log_bytes": int(position), "round_trips": int(calls)}

    def describe(self):
        return {name: self.sql(f"show {name}")[0] for name in REPORTED}
