"""A network that cuts, delays and silences connections to the database, and loses answers."""

import contextlib

from chaos import faults
from chaos.figures import table
from chaos.proxy import Proxy
from chaos.system import chosen_seed, running


@contextlib.contextmanager
def proxied(folder, seed):
    proxies = []

    def through(cluster):
        proxies.append(Proxy(cluster.primary.folder / ".s.PGSQL.5432", seed))
        proxies[0].start()
        return f"host=127.0.0.1 port={proxies[0].port} user=postgres dbname=chaos sslmode=disable"

    try:
        with running(folder, seed, dsn=through) as system:
            system.proxies = proxies
            yield system
    finally:
        for each in proxies:
            each.stop()


def test_connections_that_are_cut_or_lose_answers_lose_and_double_nothing(tmp_path):
    with proxied(tmp_path, chosen_seed(10)) as system:
        for _ in range(15):
            faults.disturb(system)
            system.rest(system.random.uniform(0.2, 0.8))
        print(table(system, system.settle()))


def test_connections_that_fall_silent_are_replaced_within_a_minute(tmp_path):
    with proxied(tmp_path, chosen_seed(11)) as system:
        system.rest(2.0)
        faults.silence(system)
        system.rest(2.0)
        print(table(system, system.settle()))
