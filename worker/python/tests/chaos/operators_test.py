"""Messages that come twice, and operators who act at random."""

from chaos import faults
from chaos.figures import table
from chaos.system import chosen_seed, running


def test_messages_that_come_twice_lose_and_double_nothing(tmp_path):
    with running(tmp_path, chosen_seed(8)) as system:
        for _ in range(20):
            faults.send_twice(system)
            system.rest(0.2)
        print(table(system, system.settle()))


def test_cancels_pauses_retries_and_requeues_among_faults_leave_nothing_behind(tmp_path):
    with running(tmp_path, chosen_seed(9)) as system:
        for _ in range(12):
            faults.operate(system)
            system.random.choice([faults.kill, faults.end_sessions, faults.send_twice])(system)
        print(table(system, system.settle()))
