#!/usr/bin/env python3
"""Tests of the probabilities that compare uses."""
import itertools
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import chance


class MannWhitney(unittest.TestCase):
    def test_known_probabilities(self):
        self.assertAlmostEqual(chance.mann_whitney([1, 2, 3], [4, 5, 6]), 1 / 20)
        self.assertAlmostEqual(chance.mann_whitney([4, 5, 6], [1, 2, 3]), 1)
        self.assertAlmostEqual(chance.mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 1 / 252)
        self.assertAlmostEqual(chance.mann_whitney([1, 3, 5, 7, 9], [4, 6, 8, 10, 12]),
                               self.by_enumeration([1, 3, 5, 7, 9], [4, 6, 8, 10, 12]))

    @staticmethod
    def by_enumeration(base, new):
        values = sorted(base + new)
        observed = sum(b > a for a in base for b in new)
        count = total = 0
        for chosen in itertools.combinations(range(len(values)), len(new)):
            b = [values[i] for i in chosen]
            a = [values[i] for i in range(len(values)) if i not in chosen]
            total += 1
            count += sum(y > x for x in a for y in b) >= observed
        return count / total

    def test_ties_are_even(self):
        self.assertAlmostEqual(chance.mann_whitney([1, 1, 1], [1, 1, 1]), 0.5, delta=0.2)

    def test_holm_is_stricter_with_more_tests(self):
        self.assertEqual(chance.holm([0.005], 0.01), [True])
        self.assertEqual(chance.holm([0.005, 0.9, 0.9], 0.01), [False] * 3)
        self.assertEqual(chance.holm([0.001, 0.004, 0.9], 0.01), [True, True, False])


class SignFlips(unittest.TestCase):
    def test_known_probabilities(self):
        self.assertAlmostEqual(chance.sign_flips([1, 2, 3]), 1 / 8)
        self.assertAlmostEqual(chance.sign_flips([-1, 2, 3]), 2 / 8)
        self.assertAlmostEqual(chance.sign_flips([-1, -2, -3]), 1)

    def test_many_values_are_approximated(self):
        self.assertLess(chance.sign_flips([1.0] * 30), 1e-6)
        self.assertAlmostEqual(chance.sign_flips([1, -1] * 15), 0.5)


if __name__ == "__main__":
    unittest.main()
