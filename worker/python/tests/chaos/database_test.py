"""A database whose sessions end, that restarts, fails over, and has no connection left."""

from chaos import faults
from chaos.figures import table
from chaos.system import chosen_seed, needs_copies, running


def test_terminated_sessions_lose_and_double_nothing(tmp_path):
    with running(tmp_path, chosen_seed(4)) as system:
        for _ in range(15):
            faults.end_sessions(system)
            system.rest(system.random.uniform(0.1, 0.8))
        print(table(system, system.settle()))


def test_restarts_and_crashes_of_the_database_lose_and_double_nothing(tmp_path):
    with running(tmp_path, chosen_seed(5)) as system:
        for _ in range(4):
            faults.restart(system)
            system.rest(system.random.uniform(0.5, 1.5))
        print(table(system, system.settle()))


@needs_copies
def test_failovers_to_a_synchronous_standby_lose_and_double_nothing(tmp_path):
    with running(tmp_path, chosen_seed(6), has_standby=True) as system:
        for frozen in (False, True):
            system.rest(1.0)
            faults.fail_over(system, frozen)
        print(table(system, system.settle()))


def test_exhausted_connections_lose_and_double_nothing(tmp_path):
    with running(tmp_path, chosen_seed(7)) as system:
        for _ in range(3):
            faults.exhaust(system)
            system.rest(1.0)
        print(table(system, system.settle()))
