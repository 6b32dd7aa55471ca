"""All faults in a random order; programs reach two servers through a network that fails.

By default for some seconds. A long run that shows the figures of docs/guarantees.md:

    make chaos-long CHAOS_SECONDS=900 CHAOS_SEED=7
"""

import contextlib
import os
import time

from chaos import faults
from chaos.figures import table
from chaos.proxy import Proxy
from chaos.system import chosen_seed, needs_copies, running

_seconds = float(os.environ.get("TASKER_CHAOS_SECONDS", "15"))
# How often each fault is chosen.
_shares = {
    faults.kill: 60, faults.end_sessions: 5, faults.send_twice: 3, faults.operate: 8,
    faults.freeze: 3, faults.restart: 4, faults.fail_over: 3, faults.exhaust: 2, faults.roll: 1,
    faults.disturb: 10,
}


@contextlib.contextmanager
def proxied_pair(folder, seed):
    proxies = []

    def through(cluster):
        for each in cluster.servers:
            proxies.append(Proxy(each.folder / ".s.PGSQL.5432", seed))
            proxies[-1].start()
        ports = ",".join(str(each.port) for each in proxies)
        return (f"host=127.0.0.1,127.0.0.1 port={ports} user=postgres dbname=chaos sslmode=disable "
                "target_session_attrs=read-write")

    try:
        with running(folder, seed, has_standby=True, dsn=through) as system:
            system.proxies = proxies
            yield system
    finally:
        for each in proxies:
            each.stop()


@needs_copies
def test_all_faults_together_lose_and_double_nothing(tmp_path):
    seed = chosen_seed(12)
    with proxied_pair(tmp_path, seed) as system:
        end = time.monotonic() + _seconds
        while time.monotonic() < end:
            (fault,) = system.random.choices([*_shares], [*_shares.values()])
            fault(system)
            system.rest(system.random.uniform(0.05, 0.4))
        report = system.settle()
    print(f"\nseed {seed}, {_seconds:g} s of faults\n{table(system, report)}")
