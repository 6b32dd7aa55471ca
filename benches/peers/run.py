#!/usr/bin/env python3
"""Tasker and other engines, on the same machine, in the same run: see README.md."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

from runner import figures, plan, prepare, process, table
from runner.postgres import Postgres, server_programs
from runner.redis_server import Redis

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/peers"
PROGRAMS = ROOT / "build/release/bin"
PGMQ = ROOT / ".cache/pgmq/1.11.1/pgmq--1.11.1.sql"


def options():
    names = [peer.name for peer in plan.PEERS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="of the numbers of tasks")
    parser.add_argument("--peers", nargs="+", choices=names, default=names, metavar="PEER",
                        help=", ".join(names))
    parser.add_argument("--cases", nargs="+", choices=plan.CASES, default=plan.CASES)
    parser.add_argument("--minutes", type=float, default=60,
                        help="no repetition starts that would likely end later")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "tmp/benchmarks")
    return parser.parse_args()


def prepared(peers):
    """The peers' commands, and of those that cannot run here, why."""
    commands, missing = {}, {}
    for peer in peers:
        print(f"preparing {peer.name}", flush=True)
        try:
            if peer.store == "postgres" and not server_programs():
                raise prepare.Missing("PostgreSQL's server programs are not installed")
            if peer.name == "tasker" and not (PROGRAMS / "tasker-worker").exists():
                raise prepare.Missing("run make build")
            if peer.name in ("pgflow", "pgmq") and not PGMQ.exists():
                raise prepare.Missing("run scripts/setup, which fetches PGMQ")
            if peer.store.startswith("redis"):
                prepare.redis(BUILD)
            commands[peer.name] = prepare.command(peer, BUILD)
        except prepare.Missing as problem:
            missing[peer.name] = str(problem)
            print(f"  left out: {problem}", flush=True)
    return commands, missing


def open_stores(stack, kinds):
    out = {}
    if "postgres" in kinds:
        out["postgres"] = stack.enter_context(Postgres())
    for kind in ("redis", "redis-aof"):
        if kind in kinds:
            program, libraries = prepare.redis(BUILD)
            out[kind] = stack.enter_context(Redis(program, libraries, kind == "redis-aof"))
    return out


def run_one(peer, case, scale, command, store, log):
    count, warm_up = plan.sizes(peer, case, scale)
    url = store.fresh() if store else ""
    environment = {"DATABASE_URL": url, "REDIS_URL": url, "PGMQ_SQL": str(PGMQ),
                   "TASKER_PROGRAMS": str(PROGRAMS), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        words = [*command, case, count, warm_up]
        return figures.check(process.run_case(words, environment, store, log))
    finally:
        if store:
            store.drop()


def tail(log):
    log.flush()
    text = pathlib.Path(log.name).read_text(encoding="utf-8", errors="replace")
    return text[-600:].strip()


def measure(chosen, peers, commands, stores, log, runs, failures):
    """All runs, into `runs` and `failures`; yields after each repetition. A case that fails once is
    left out from then on."""
    start = time.monotonic()
    done = 0
    for repetition, case, peer in plan.interleave(peers, chosen.repetitions, chosen.cases):
        if repetition > done:
            done = repetition
            yield done
            if (time.monotonic() - start) * (done + 1) / done > chosen.minutes * 60:
                return
        if f"{peer.name} {case}" in failures:
            continue
        log.write(f"--- {peer.name} {case} {repetition}\n")
        log.flush()
        try:
            run = run_one(peer, case, chosen.scale, commands[peer.name], stores.get(peer.store),
                          log)
        except (process.PeerFailed, figures.BadRun) as problem:
            failures[f"{peer.name} {case}"] = str(problem)
            print(f"{peer.name} {case}: FAILED: {problem}\n{tail(log)}", flush=True)
            continue
        runs.setdefault(peer.name, []).append({**run, "repetition": repetition})
        said = f"p50 {figures.percentile(run['latencies_ms'], 50):.2f} ms" \
            if run["latencies_ms"] else f"{run['steps'] / run['seconds']:.0f} steps/s"
        print(f"{repetition + 1}/{chosen.repetitions} {case:9} {peer.name:16} {said}", flush=True)
    yield done + 1


def machine():
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=10"],
                            text=True, capture_output=True, check=False).stdout.strip()
    return {"timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "commit": commit, "system": platform.platform(), "cores": os.cpu_count()}


def load():
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def document(facts, text):
    lines = ["# Peers", ""]
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {each}" for key, each in value.items())
        lines.append(f"- {name.replace('_', ' ')}: {value}")
    return "\n".join(lines) + "\n\n" + text


def write(folder, facts, peers, runs, failures):
    """The table as text."""
    facts = {**facts, "load_average_after": load()}
    summaries = {name: figures.summarise(of) for name, of in runs.items()}
    text = table.markdown(peers, summaries, failures)
    (folder / "peers.md").write_text(document(facts, text), encoding="utf-8")
    results = {**facts, "figures": summaries, "not_measured": failures, "runs": runs}
    (folder / "peers.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return text


def main():
    chosen = options()
    peers = [peer for peer in plan.PEERS if peer.name in chosen.peers]
    commands, missing = prepared(peers)
    peers = [peer for peer in peers if peer.name in commands]
    chosen.output.mkdir(parents=True, exist_ok=True)
    facts = {**machine(), "scale": chosen.scale, "load_average_before": load()}
    runs: dict = {}
    failures: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(open(chosen.output / "peers.log", "w", encoding="utf-8"))
        stores = open_stores(stack, {peer.store for peer in peers})
        facts.update({name: store.describe() for name, store in stores.items()})
        for done in measure(chosen, peers, commands, stores, log, runs, failures):
            facts["repetitions"] = done
            text = write(chosen.output, facts, peers, runs, {**missing, **failures})
    print("\n" + text + f"\n{chosen.output / 'peers.md'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
