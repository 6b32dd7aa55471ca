"""The peers, their cases, and the order of the runs."""

import dataclasses

CASES = ("linear3", "diamond4", "single", "fan1000", "map10000", "children1000")
LATENCY_CASES = ("linear3", "fan1000", "map10000", "children1000")


@dataclasses.dataclass(frozen=True)
class Peer:
    """`counts`: tasks of each case; a case that is absent is one the system does not have."""

    name: str
    system: str
    program: str
    store: str  # postgres, redis, redis-aof or memory
    durability: str
    counts: dict
    note: str = ""

    @property
    def folder(self):
        return self.program.split("/")[0]


ON_POSTGRES = "PostgreSQL, fsync"
IN_MEMORY = "none: Redis in memory"
ON_AOF = "Redis, appendfsync always"


def counts(linear3, diamond4, single, fan1000, map10000=0, children1000=0):
    of = dict(zip(CASES, (linear3, diamond4, single, fan1000, map10000, children1000)))
    return {case: count for case, count in of.items() if count}


PEERS = (
    Peer("tasker", "Tasker", "tasker/run.py", "postgres", ON_POSTGRES,
         counts(500, 15_000, 40_000, 10, 3, 5)),
    Peer("pgflow", "pgflow SQL core", "pgflow/run.mjs", "postgres", ON_POSTGRES,
         counts(100, 400, 1_000, 1, 1)),
    Peer("dbos", "DBOS Transact", "dbos/run.mjs", "postgres", ON_POSTGRES,
         counts(300, 600, 1_500, 1, 0, 1)),
    Peer("graphile-worker", "graphile-worker", "graphile-worker/run.mjs", "postgres", ON_POSTGRES,
         counts(300, 0, 40_000, 10), "no joins: the fan ends with its last child"),
    Peer("river", "River", "river/main.go", "postgres", ON_POSTGRES,
         counts(300, 0, 20_000, 10), "no joins in the free edition: as graphile-worker"),
    Peer("bullmq", "BullMQ flows", "bullmq/run.mjs", "redis", IN_MEMORY,
         counts(500, 3_000, 15_000, 10, 0, 5)),
    Peer("bullmq-aof", "BullMQ flows", "bullmq/run.mjs", "redis-aof", ON_AOF,
         counts(300, 1_500, 5_000, 5, 0, 3)),
    Peer("celery", "Celery", "celery/run.py", "redis", IN_MEMORY,
         counts(200, 400, 3_000, 2), "acknowledged before it runs (its default): at most once"),
    Peer("celery-aof", "Celery", "celery/run.py", "redis-aof", ON_AOF,
         counts(100, 300, 2_000, 2), "as above"),
    Peer("temporal", "Temporal (temporaltest)", "temporal/main.go", "memory",
         "none: SQLite in memory", counts(100, 200, 500, 1)),
    Peer("pgmq", "PGMQ alone (floor)", "pgmq/run.py", "postgres", ON_POSTGRES,
         counts(500, 0, 100_000, 20), "messages without a workflow"),
)


def sizes(peer, case, scale):
    """Tasks to measure and tasks to warm up with."""
    tasks = max(1, round(peer.counts[case] * scale))
    return tasks, max(1, tasks // 10)


def interleave(peers, repetitions, cases=CASES):
    """(repetition, case, peer): a round of all peers for each case, so that what else the machine
    does falls on all alike. Every other round goes backwards."""
    for repetition in range(repetitions):
        for case in cases:
            able = [peer for peer in peers if case in peer.counts]
            for peer in able if repetition % 2 == 0 else reversed(able):
                yield repetition, case, peer
