"""docs/guarantees.md names a test for each promise, and each test that it names exists."""
from __future__ import annotations

import pathlib
import re
import subprocess
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGE = TOP / "docs" / "guarantees.md"
END = "\n## What Tasker does not promise\n"
CPP_TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE)
NAME = re.compile(r"`([A-Z]\w*\.[A-Z]\w*|test_\w+)`")


def promises(page: str) -> dict[str, list[str]]:
    """The tests behind "Proved by:" of each promise."""
    sections = re.split(r"^### ", page.partition(END)[0], flags=re.MULTILINE)[1:]
    return {section.partition("\n")[0]: NAME.findall(section.partition("\n- Proved by: ")[2])
            for section in sections}


def tests_of(sources: list[str]) -> set[str]:
    found = {f"{suite}.{name}" for text in sources for suite, name in CPP_TEST.findall(text)}
    return found.union(*(PYTHON_TEST.findall(text) for text in sources))


def sources() -> list[str]:
    listed = subprocess.run(("git", "ls-files", "-z", "*_test.cpp", "*_test.py"), cwd=TOP,
                            check=True, capture_output=True, text=True).stdout
    files = [TOP / name for name in listed.split("\0") if name]
    return [file.read_text() for file in files if file.exists()]


class Guarantees(unittest.TestCase):
    def test_each_promise_names_tests_that_exist(self) -> None:
        existing = tests_of(sources())
        named = promises(PAGE.read_text())
        self.assertGreater(len(named), 20)
        self.assertEqual([], [promise for promise, tests in named.items() if not tests],
                         "promises without a test")
        proofs = {test for tests in named.values() for test in tests}
        self.assertEqual([], sorted(proofs - existing), "tests that do not exist")

    def test_names_are_found_only_where_they_prove_a_promise(self) -> None:
        page = ("# Top\n`No.Promise`\n### One\n`Not.AProof`\n\n- Kept by: `Kept.By`\n"
                "- Proved by: `A.B`,\n  `test_c`\n### Two\nText.\n"
                + END + "### Three\n- Proved by: `D.E`\n")
        self.assertEqual({"One": ["A.B", "test_c"], "Two": []}, promises(page))

    def test_tests_of_both_languages_are_found(self) -> None:
        cpp = "TEST(A, B) {\nTEST_F(C,\n       D) {\nTEST_P(E, F) {\n// TEST(G, H)\n"
        python = "def test_i():\nclass J:\n    async def test_k(self):\ndef other():\n"
        self.assertEqual({"A.B", "C.D", "E.F", "test_i", "test_k"}, tests_of([cpp, python]))


if __name__ == "__main__":
    unittest.main()
