"""The floor: PGMQ alone, driven by pgbench. Messages without a workflow: no joins, results, states.
The lower bound for an engine on PGMQ: it only passes messages.

linear3: one pgbench transaction sends a message and three times reads it and, in one transaction,
deletes it and sends the next. single: two connections read and delete 100 at a time. fan1000: one
message is read and answered with 1,000, which are read and deleted 100 at a time.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
from typing import ClassVar

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from case import WIDTH_OF_FAN, serve

READ_AND_DELETE = "select pgmq.delete('q', array(select msg_id from pgmq.read('q', 30, {n})))"
PASS_ON = ("with m as materialized (select msg_id from pgmq.read('q', 30, 1)), "
           "d as materialized (select pgmq.delete('q', msg_id) from m) "
           "select pgmq.send('q', '{{\"order\":17}}') from d;\n")
SEND = "select pgmq.send('q', '{\"order\":17}');\n"
BATCH = 100


def linear3():
    last = READ_AND_DELETE.format(n=1) + ";\n"
    return SEND + PASS_ON.format() * 2 + last


def fan1000():
    fan = ("begin \\;" + READ_AND_DELETE.format(n=1) + "\\;"
           "select pgmq.send_batch('q', array(select '{\"order\":17}'::jsonb from "
           f"generate_series(1, {WIDTH_OF_FAN}))) \\; commit;\n")
    return SEND + fan + (READ_AND_DELETE.format(n=BATCH) + ";\n") * (WIDTH_OF_FAN // BATCH)


class Floor:
    steps_of: ClassVar = {"single": 1, "linear3": 3, "fan1000": WIDTH_OF_FAN + 1}

    def open(self, name, is_latency):
        self.folder = tempfile.TemporaryDirectory()
        self.database = os.environ["DATABASE_URL"]
        self.sql("-f", os.environ["PGMQ_SQL"])
        self.sql("-c", "select pgmq.create('q')")

    def sql(self, *arguments):
        command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.database, *arguments]
        found = subprocess.run(command,
                               check=True, capture_output=True, text=True,
                               env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})
        return found.stdout.strip()

    def pgbench(self, script, transactions, clients):
        path = pathlib.Path(self.folder.name) / "script.sql"
        path.write_text(script)
        log = pathlib.Path(self.folder.name) / "log"
        for old in log.parent.glob("log.*"):
            old.unlink()
        subprocess.run(["pgbench", "-n", "-M", "prepared" if "\\;" not in script else "simple",
                        "-f", path, "-c", str(clients), "-j", str(clients),
                        "-t", str(transactions), "-l", f"--log-prefix={log}", self.database],
                       check=True, stdout=sys.stderr)
        # client, transaction, latency in us, script, and when it ended: seconds and microseconds
        rows = [line.split() for file in log.parent.glob("log.*")
                for line in file.read_text().splitlines()]
        ends = [int(row[4]) + int(row[5]) / 1e6 for row in rows]
        took = [int(row[2]) / 1e3 for row in rows]
        starts = [end - ms / 1e3 for end, ms in zip(ends, took)]
        self.measured_seconds = max(ends) - min(starts)
        return took

    def latencies(self, name, count):
        took = self.pgbench({"linear3": linear3, "fan1000": fan1000}[name](), count, 1)
        self.check_empty()
        return took

    def check_empty(self):
        if self.sql("-c", "select count(*) from pgmq.q_q") != "0":
            raise RuntimeError("messages are left")

    def load(self, name, count):
        self.sql("-c", "select count(*) from pgmq.send_batch('q', array(select "
                       f"'{{\"order\":17}}'::jsonb from generate_series(1, {count})))")

    def drain(self, name, count):
        clients = 2
        self.pgbench(READ_AND_DELETE.format(n=BATCH) + ";\n",
                     -(-count // (clients * BATCH)) + 1, clients)
        self.check_empty()

    def close(self):
        self.folder.cleanup()


serve(Floor())
