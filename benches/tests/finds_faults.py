#!/usr/bin/env python3
"""Does each check of the suites fail for an engine that is wrong?

usage: finds_faults.py PROGRAMS OUTPUT [NAME...]

Runs a suite on a database in which one SQL function is wrong. The suite must exit 1 and name the
problem. NAME: only these faults. Exits 1 if a suite notices nothing; prints a line for each.
"""
import os
import pathlib
import re
import subprocess
import sys

FUNCTIONS = pathlib.Path(__file__).resolve().parents[2] / "shared" / "sql" / "functions"

# name: suite, filter, file, text, wrong text, what the suite must say (a regular expression)
FAULTS = {
    "result dropped": (
        "worker_execution", "total, no-op, batch 100", "accept_reports",
        "result = i.payload::json", "result = null", "0 have their result"),
    "constant result": (
        "worker_execution", "total, no-op, batch 1", "finish_step",
        "result = p_result::json", "result = '{\"done\": true}'", "0 have their result"),
    "message left": (
        "worker_execution", "all loops, no-op", "move_messages",
        "if v_reused < cardinality(p_msg_ids) then", "if false then", "messages are left"),
    "step not enqueued": (
        "step_enqueueing", "total, 10-step", "move_messages",
        "if p_enqueue_tasks is not null then", "if false then", "not exactly the ready steps"),
    "step enqueued twice": (
        "step_enqueueing", "advance_steps, 10-step", "move_messages",
        "perform tasker.enqueue_steps(p_queue, p_enqueue_tasks, p_enqueue_steps);",
        "perform tasker.enqueue_steps(p_queue, p_enqueue_tasks || p_enqueue_tasks,"
        " p_enqueue_steps || p_enqueue_steps);", "not exactly the ready steps"),
    "priority ignored": (
        "fairness", "urgent among", "create_tasks",
        "tasker.queue_name(t.namespace, task.priority)", "tasker.queue_name(t.namespace, 2::int2)",
        "did not start by priority"),
    "low starved": (
        "fairness", "low work done", "claim_steps",
        "foreach v_queue in array p_queues loop",
        "foreach v_queue in array (select array_agg(q order by right(q, 3) = '_p4' desc)"
        " from unnest(p_queues) q) loop", "did not end within"),
    "order of creation ignored": (
        "fairness", "created one after the other", "add_queue_readers",
        "order by q.msg_id limit p_quantity", "order by md5(q.msg_id::text) limit p_quantity",
        "did not start in the order of its creation"),
    "step claimed twice": (
        "scalability", "contended claims, 8", "add_queue_readers",
        "limit p_quantity for update skip locked", "limit p_quantity", "different|deadlock"),
    "failure refused": (
        "queue_operations", "fail permanently", "fail_steps", "s.state = 'in_progress'",
        "s.state = 'pending'", "ended in another way"),
    "queue grows": (
        "queue_depth", "claim, 100 waiting", "finish_step",
        "'delete_' || p_queue) using array[p_msg_id];",
        "'delete_' || p_queue) using array[-1::bigint];", "another depth afterwards"),
    "sessions leaked": (
        "task_initialization", "linear-3, 1 KB", "create_tasks", "begin\n",
        "begin\n    perform public.dblink_connect(n::text || random(), format("
        "'host=%s port=%s dbname=%s user=%s application_name=tasker-leak',"
        " current_setting('unix_socket_directories'), current_setting('port'),"
        " current_database(), current_user)) from generate_series(1, 2) n;\n",
        "sessions of Tasker's programs are left"),
}


def inject(output, name):
    _, _, function, text, wrong, _ = FAULTS[name]
    source = (FUNCTIONS / f"{function}.sql").read_text()
    if text not in source:
        sys.exit(f"{name}: {function}.sql does not contain: {text}")
    script = output / f"{re.sub('[^a-z]', '_', name)}.sql"
    script.write_text("create extension if not exists dblink;\n" + source.replace(text, wrong, 1))
    return script


def is_found(programs, output, name):
    suite, cases, _, _, _, expected = FAULTS[name]
    environment = {**os.environ, "TASKER_BENCH_INJECT_SQL": str(inject(output, name))}
    done = subprocess.run(
        ["timeout", "120", str(programs / f"bench_{suite}"), "--length", "smoke", "--filter", cases,
         "--output", str(output)],
        env=environment, text=True, capture_output=True, check=False)
    named = [line for line in done.stdout.splitlines() if "FAILED: " in line]
    found = done.returncode == 1 and any(re.search(expected, line) for line in named)
    named_text = "; ".join(line.split("FAILED: ")[1] for line in named) or "nothing"
    print(f"{'found' if found else 'NOT FOUND'}: {name}: {suite}: exit {done.returncode}, "
          f"{named_text}", flush=True)
    return found


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    programs, output = (pathlib.Path(each).resolve() for each in sys.argv[1:3])
    output.mkdir(parents=True, exist_ok=True)
    chosen = sys.argv[3:] or list(FAULTS)
    found = sum(is_found(programs, output, each) for each in chosen)
    print(f"{found} of {len(chosen)} faults were found")
    sys.exit(found != len(chosen))


if __name__ == "__main__":
    main()
