"""scripts/check-rooms refuses what a room did not declare, and only that."""
from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "check-rooms"


class CheckRooms(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)

    def write(self, path: str, *included: str) -> None:
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f'#include "{name}"\n' for name in included))

    def check(self, manifest: str) -> tuple[int, str]:
        (self.top / "rooms.txt").write_text(manifest)
        done = subprocess.run([sys.executable, SCRIPT, "rooms.txt"], cwd=self.top, text=True,
                              capture_output=True, check=False)
        return done.returncode, done.stderr

    def test_accepts_a_declared_room(self) -> None:
        self.write("pg/src/pool.cpp", "tasker/pg/pool.hpp", "tasker/base/time.hpp", "pool_fsm.hpp")
        self.assertEqual(self.check("pg/src: pg base\n"), (0, ""))

    def test_refuses_a_room_that_is_used_only_through_a_declared_one(self) -> None:
        self.write("queue/include/tasker/queue/claim.hpp", "tasker/pg/pool.hpp")
        self.write("queue/src/claim.cpp", "tasker/log/log.hpp")
        status, text = self.check("queue/include: queue pg\nqueue/src: queue pg\n")
        self.assertEqual(status, 1)
        self.assertEqual(text, "queue/src/claim.cpp: includes room log, "
                               "but queue/src may use only: pg queue\n")

    def test_uses_the_longest_matching_directory(self) -> None:
        self.write("client/main.cpp", "tasker/sql/migrator.hpp")
        self.write("client/src/http.cpp", "tasker/sql/migrator.hpp")
        status, text = self.check("client/src: client wire\nclient: client sql\n")
        self.assertEqual(status, 1)
        self.assertIn("client/src/http.cpp: includes room sql", text)
        self.assertNotIn("main.cpp", text)

    def test_joins_the_programs_of_one_directory(self) -> None:
        self.write("worker/main.cpp", "tasker/worker/worker.hpp", "tasker/log/log.hpp")
        self.assertEqual(self.check("worker: worker\nworker: log\n"), (0, ""))


if __name__ == "__main__":
    unittest.main()
