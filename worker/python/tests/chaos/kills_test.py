"""Programs that are killed, stopped beyond their leases, and restarted in turn."""

from chaos import faults
from chaos.figures import table
from chaos.system import chosen_seed, running


def test_kills_of_workers_and_orchestrators_lose_and_double_nothing(tmp_path):
    with running(tmp_path, chosen_seed(1)) as system:
        for _ in range(20):
            faults.kill(system)
            system.rest(system.random.uniform(0.1, 0.6))
        print(table(system, system.settle()))


def test_a_worker_that_was_stopped_beyond_its_lease_changes_nothing(tmp_path):
    with running(tmp_path, chosen_seed(2)) as system:
        for _ in range(2):
            faults.freeze(system)
            system.rest(0.5)
        print(table(system, system.settle()))


def test_programs_that_restart_in_turn_lose_no_work(tmp_path):
    # No lease ends meanwhile, even on a slow machine.
    with running(tmp_path, chosen_seed(3), lease_seconds=60) as system:
        faults.roll(system)
        report = system.settle()
        print(table(system, report))
    assert report.wasted == 0
