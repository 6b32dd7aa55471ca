"""A private Redis, either in memory alone or with every write synced to its append-only file."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from .postgres import free_port

START_LIMIT_S = 20


class Redis:
    def __init__(self, program, library_path, is_durable):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tasker-peers-", dir="/var/tmp"))
        self.port = free_port()
        settings = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "save": "",
                    # BullMQ asks for it; Celery does not mind.
                    "maxmemory-policy": "noeviction",
                    "appendonly": "yes" if is_durable else "no", "appendfsync": "always",
                    # A rewrite would shrink the file whose growth is measured.
                    "auto-aof-rewrite-percentage": 0}
        arguments = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
        self.is_durable = is_durable
        self.log = open(self.folder / "log", "w", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(
            [program, *arguments], env={"LD_LIBRARY_PATH": library_path},
            stdin=subprocess.DEVNULL, stdout=self.log)

    def __enter__(self):
        until = time.monotonic() + START_LIMIT_S
        while True:
            try:
                self.ask("PING")
                return self
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    self.__exit__()
                    raise
                time.sleep(0.01)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, command):
        """One inline command; the text of its answer: a status or a bulk string."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(command.encode() + b"\r\n")
            with connection.makefile("rb") as answer:
                head = answer.readline()
                if head[:1] == b"$":
                    return answer.read(int(head[1:])).decode()
                return head[1:].decode().strip()

    def fresh(self):
        self.ask("FLUSHALL")
        return f"redis://127.0.0.1:{self.port}/0"

    def drop(self):
        self.ask("FLUSHALL")

    def sample(self):
        """Bytes of the append-only file, and the times that Redis read requests from a socket:
        a pipeline is one, as one statement with many rows is."""
        info = dict(line.split(":", 1) for line in self.ask("INFO everything").split("\r\n")
                    if ":" in line)
        size = int(info["aof_current_size"]) if self.is_durable else None
        return {"log_bytes": size, "round_trips": int(info["total_reads_processed"])}

    def describe(self):
        info = dict(line.split(":", 1) for line in self.ask("INFO server").split("\r\n")
                    if ":" in line)
        return {"redis_version": info["redis_version"],
                "appendfsync": "always" if self.is_durable else "off"}
