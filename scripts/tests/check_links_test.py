"""scripts/check-links refuses a link that leads nowhere, and only that."""
from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "check-links"


class CheckLinks(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        (self.top / "docs").mkdir()
        self.write("docs/states.md", "# States\n\n## The life of a `task`\n\n"
                                     "## Retries\n\n## Retries\n\n"
                                     "```\n# Not a heading\n```\n<a id=\"by-hand\"></a>\n")

    def write(self, path: str, text: str) -> None:
        (self.top / path).write_text(text)

    def check(self, text: str) -> tuple[int, str]:
        self.write("README.md", text)
        done = subprocess.run([sys.executable, SCRIPT, "README.md", "docs/states.md"], cwd=self.top,
                              text=True, capture_output=True, check=False)
        return done.returncode, done.stderr

    def test_passes_files_folders_headings_and_addresses(self) -> None:
        self.assertEqual(self.check(
            "# Top\n[a](docs/states.md) [b](docs) [c](#top)\n"
            "[d](docs/states.md#the-life-of-a-task)\n"
            "[e](docs/states.md#retries-1) [f](docs/states.md#by-hand) [g](https://example.com/none)\n"
            "[h](mailto:a@example.com) ![i](docs/states.md \"title\")\n"
            "[j]\n\n[j]: docs/states.md\n"), (0, ""))

    def test_refuses_a_missing_file_with_its_line(self) -> None:
        self.assertEqual(self.check("# Top\n\nSee [states](docs/state.md).\n\n[x]: gone.md\n"),
                         (1, "README.md:3: no file docs/state.md\nREADME.md:5: no file gone.md\n"))

    def test_refuses_a_missing_heading(self) -> None:
        self.assertEqual(self.check("[a](docs/states.md#retry) [b](#down)\n"),
                         (1, "README.md:1: no heading #retry in docs/states.md\n"
                             "README.md:1: no heading #down in README.md\n"))

    def test_ignores_headings_in_code(self) -> None:
        self.assertEqual(self.check("[a](docs/states.md#not-a-heading)\n"),
                         (1, "README.md:1: no heading #not-a-heading in docs/states.md\n"))

    def test_ignores_links_in_code(self) -> None:
        self.assertEqual(self.check("`[a](none.md)`\n\n```\n[b](none.md)\n```\n"), (0, ""))


if __name__ == "__main__":
    unittest.main()
