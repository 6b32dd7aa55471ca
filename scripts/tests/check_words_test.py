"""scripts/check-words refuses the listed words in prose, and only there."""
from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
PHRASE = "for good"


class CheckWords(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)

    def run_in_top(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.top, text=True, capture_output=True, check=False)

    def check(self, name: str, text: str) -> str:
        (self.top / name).write_text(text)
        done = self.run_in_top(sys.executable, str(SCRIPTS / "check-words"), name)
        self.assertEqual(done.returncode, 1 if done.stdout else 0, done.stderr)
        return done.stdout

    def commit(self, subject: str, *files: str) -> str:
        self.run_in_top("git", "add", *files)
        self.run_in_top("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit",
                        "--allow-empty", "--quiet", "--message", subject)
        return self.run_in_top("git", "rev-parse", "HEAD").stdout.strip()

    def test_names_the_place_the_phrase_and_the_replacement(self) -> None:
        self.assertEqual(self.check("a.md", f"# Title\n\nIt fails {PHRASE}.\n"),
                         f'a.md:3: "{PHRASE}"; write: permanently\n')

    def test_finds_a_phrase_that_continues_on_the_next_line(self) -> None:
        self.assertIn("a.hpp:1:", self.check("a.hpp", "/// It fails for\n/// good.\n"))
        self.assertIn("a.sql:1:", self.check("a.sql", "-- It fails for\n-- good.\n"))

    def test_checks_comments_and_strings_but_not_code(self) -> None:
        self.assertEqual(self.check("a.cpp", "auto told = stand(tell);\n"), "")
        self.assertIn("a.cpp:1:", self.check("a.cpp", f'say("it fails {PHRASE}");\n'))
        self.assertIn("a.py:1:", self.check("a.py", f"tell()  # it fails {PHRASE}\n"))
        self.assertEqual(self.check("a.md", "Call `tell()`.\n"), "")

    def test_accepts_longer_words_and_the_name_of_a_user(self) -> None:
        self.assertEqual(self.check("a.md", 'A standby, understood; "nobody" is a user.\n'), "")

    def test_checks_subjects_after_the_base_and_after_the_list(self) -> None:
        self.run_in_top("git", "init", "--quiet")
        base = self.commit("a: start")
        self.commit(f"a: old subject {PHRASE}")
        (self.top / "scripts").mkdir()
        (self.top / "scripts" / "words.txt").write_text("")
        self.commit("a: add the list", "scripts/words.txt")
        self.commit(f"a: new subject {PHRASE}")
        done = self.run_in_top(sys.executable, str(SCRIPTS / "check-words"), "--commits-after",
                               base)
        self.assertEqual(len(done.stdout.splitlines()), 1, done.stdout + done.stderr)
        self.assertIn(PHRASE, done.stdout)


if __name__ == "__main__":
    unittest.main()
