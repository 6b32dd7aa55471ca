#!/usr/bin/env python3
"""Does each check of the suites, or the gate, find an engine that is wrong?

Runs a suite on an engine with one fault: a wrong SQL function, a wrong source file of the programs
(compiled and linked anew for it), or a wrong setting. The suite must name the problem, as a failed
check (exit 1) or as a missed target, or the gate as a regression. With --reruns: is the gate silent
if nothing has changed? Exits 1 if not; prints a line for each. Needs the build folder of PROGRAMS.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
REGRESSED = "regressed: "  # by the gate, which compares with the right programs in turn
FUNCTIONS = CHECKOUT / "shared" / "sql" / "functions"

# name: suite, filter, file, text, wrong text, what the suite must say (a regular expression).
# The file is a function of the SQL core, a source file, or a settings file of the services.
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
    "retry without delay": (
        "queue_operations", "fail, to be retried", "backoff_ms",
        "least(p_max_ms::numeric,", "least(0::numeric,", "waiting_for_retry, not"),
    "attempts not limited": (
        "queue_operations", "fail, last attempt", "fail_steps",
        "and x.failures + 1 < d.max_attempts", "", "due later, not failed"),
    "another step's result": (
        "e2e_latency", "batch of 1,000 rows", "claimed_rows",
        "r.step_no = u.parent_no)", "r.step_no = 0)", "did not complete as it should"),
    "steps counted wrong": (
        "sql_functions", "task status by get_tasks", "task_rows",
        "then p.steps_total\n", "then p.steps_total - 1\n", "were not counted right"),
    "new work not announced": (
        "e2e_latency", "without work", "flush_notifications",
        "pg_notify('tasker_ready'", "pg_notify('tasker_other'", "waits for a poll"),
    "finished task not announced": (
        "e2e_latency", "without work", "flush_notifications",
        "pg_notify('tasker_finished'", "pg_notify('tasker_other'", "waits for a poll"),
    "no index": (
        "sql_functions", "task status by get_tasks", "clock", "",
        "alter table tasker.tasks drop constraint tasks_pkey;\n", "sequential scan of tasks"),
    "more WAL": (
        "throughput", "single step, 1 process", "accept_reports", "begin\n",
        "begin\n    perform pg_logical_emit_message(false, 'x', repeat('x', 2000 * "
        "cardinality(p_task_ids)));\n", "WAL per step: single step"),
    "more stored by task": (
        "memory", "stored by task", "create_tasks", "coalesce(i.filled, i.context)::json",
        "(select json_object_agg(n, md5(random()::text)) from generate_series(1, 400) n)",
        "stored by task"),
    "idle programs poll": (
        "memory", "idle", "worker.toml", "poll_ms = 2500", "poll_ms = 20", "idle: queries"),
    "handler run twice": (
        "worker_execution", "total, no-op, batch 1", "worker/src/run_handler.cpp",
        "        return run(step);",
        "        static_cast<void>(run(step));\n        return run(step);",
        "handlers ran"),
    "priorities reversed by the worker": (
        "fairness", "urgent among", "worker/src/claim_order.cpp",
        "{urgent, high, normal, low}", "{low, normal, high, urgent}", "did not start by priority"),
    "one more commit by step": (
        "e2e_latency", "chain-40", "worker/src/reporter.cpp",
        "    auto reply = co_await call(batch, take);\n",
        "    auto reply = co_await call(batch, take);\n"
        "    static_cast<void>(co_await call(batch, 0));\n", "commits per step"),
    "worker keeps memory": (
        "memory", "10 workers", "worker/src/step_flow.cpp", "    for (auto& each : steps) {\n",
        "    static std::vector<std::string> kept;\n    for (auto& each : steps) {\n"
        "        kept.emplace_back(200'000, 'x');\n", "10 workers.*: grew by"),
    "tasks created twice": (
        "concurrent_clients", "submit, 10 clients", "orchestration/src/task_creator.cpp",
        "    auto made = co_await database_.run(\n        [&tasks",
        "    auto again = tasks;\n    for (auto& each : again) {\n"
        "        each.id = task_id::generate();\n    }\n"
        "    static_cast<void>(co_await database_.run(\n"
        "        [&again, atomicity, until](pg::connection& connection) {\n"
        "            return queue::create_tasks(connection, again, atomicity, until);\n"
        "        },\n        until, refusals));\n"
        "    auto made = co_await database_.run(\n        [&tasks", "or more are"),
    "wait answered early": (
        "e2e_latency", "single step", "orchestration/src/api/tasks.cpp",
        "wait->count() == 0", "wait->count() >= 0", "did not complete as it should"),
    "context lost by the client": (
        "task_initialization", "client library, get, 1 KB", "client/src/client.cpp",
        "    return state_->call({.target = task_path(id)}, &wire::read_task_view);\n",
        "    auto task = state_->call({.target = task_path(id)}, &wire::read_task_view);\n"
        "    if (!task.has_error()) {\n        task->context = \"{}\";\n    }\n"
        "    return task;\n", "another context"),
    "handler called slowly": (
        "handler_overhead", "through the framework", "worker/src/run_handler.cpp",
        "    claimed.handler = \"trial\";\n",
        "    claimed.handler = \"trial\";\n"
        "    for (int i = 0; i < 2'000; ++i) {\n        asm volatile(\"\");\n    }\n",
        "regressed: handler_overhead: through the framework"),
}


def with_fault(name, path):
    _, _, _, text, wrong, _ = FAULTS[name]
    source = path.read_text()
    if text not in source:
        sys.exit(f"{name}: {path} does not contain: {text}")
    return source.replace(text, wrong, 1)


def inject_sql(output, name, function):
    """Returns what the suite's environment needs for it."""
    script = output / "functions.sql"
    script.write_text("create extension if not exists dblink;\n" +
                      with_fault(name, FUNCTIONS / f"{function}.sql"))
    return {"TASKER_BENCH_INJECT_SQL": str(script)}


def word_after(word, command):
    words = command.split()
    return words[words.index(word) + 1]


def build(programs, output, name, source):
    """A folder of the suite and the services, of which those that use this file have the fault."""
    tree, wrong, compiled = programs.parent, output / "wrong.cpp", output / "wrong.o"
    wrong.write_text(with_fault(name, CHECKOUT / source))
    names = [f"bench_{FAULTS[name][0]}", "tasker-orchestrator", "tasker-worker",
             "tasker-bench-worker"]
    commands = subprocess.run(
        ["ninja", "-C", tree, "--quiet", "-t", "commands", *(f"bin/{each}" for each in names)],
        text=True, capture_output=True, check=True).stdout.splitlines()
    original = f" -c {CHECKOUT / source}"
    compile_it = next(each for each in commands if each.endswith(original))
    object_file = word_after("-o", compile_it)
    library = next(word_after("qc", each) for each in commands
                   if " qc " in each and object_file in each.split())
    jobs = [compile_it.replace(original, f" -c {wrong} -iquote {(CHECKOUT / source).parent}")
            .replace(object_file, str(compiled))]
    folder = output / "bin"
    folder.mkdir()
    for each in names:
        link = next(line for line in commands if f" -o bin/{each} " in line)
        if library in link.split():  # an object in front of the libraries wins over theirs
            jobs.append(link.replace(f" -o bin/{each} ", f" {compiled} -o {folder / each} "))
        else:
            os.link(programs / each, folder / each)
    for job in jobs:
        subprocess.run(job, shell=True, cwd=tree, check=True)
    return folder


def is_target(line):
    """A missed target, which does not fail the suite."""
    return "FAILED: " not in line and not line.startswith(REGRESSED)


def is_found(programs, output, name):
    suite, cases, file, _, _, expected = FAULTS[name]
    began = time.monotonic()
    output = output / re.sub("[^a-z]", "_", name)
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    environment, options, right = {}, [], programs
    if file.endswith(".cpp"):
        programs = build(programs, output, name, file)
    elif file.endswith(".toml"):
        for each in ("orchestrator.toml", "worker.toml"):
            shutil.copy(CHECKOUT / "config" / each, output)
        (output / file).write_text(with_fault(name, output / file))
        options = ["--config", str(output)]
    else:
        environment = inject_sql(output, name, file)
    command = [programs / f"bench_{suite}", "--length", "smoke", *options]
    if expected.startswith(REGRESSED):
        command = gate(right, programs, [suite])
    done = subprocess.run(["timeout", "300", *command, "--filter", cases, "--output", output],
                          env=os.environ | environment, text=True, capture_output=True, check=False)
    (output / "output.log").write_text(done.stdout + done.stderr)
    named = [line.strip(" •❌") for line in done.stdout.splitlines()
             if ("❌" in line and "|" not in line) or line.startswith(REGRESSED)]
    found = [line for line in named
             if re.search(expected, line) and (done.returncode == 1 or is_target(line))]
    print(f"{'found' if found else 'NOT FOUND'}: {name}: {suite}: exit {done.returncode}, "
          f"{'; '.join(found[:1] or named)[:200] or 'nothing'} "
          f"({time.monotonic() - began:.0f} s)", flush=True)
    shutil.rmtree(output / "bin", ignore_errors=True)
    return bool(found)


def gate(right, programs, suites=()):
    """The command of the gate: the programs in turn with the right ones."""
    return [CHECKOUT / "benches" / "tasker-bench", "run", "--type", "ci", "--against", "HEAD",
            "--base-programs", right, "--programs", programs,
            *(word for each in suites for word in ("--suite", each))]


def is_silent(chosen, number):
    """The gate with two sides that are the same names nothing."""
    done = subprocess.run([*gate(chosen.programs, chosen.programs, chosen.suite), "--output",
                           chosen.output / f"unchanged_{number}"],
                          text=True, capture_output=True, check=False)
    names = [line for line in done.stdout.splitlines() if line.startswith(REGRESSED)]
    print(f"unchanged, {number} of {chosen.reruns}: exit {done.returncode}, "
          f"{'; '.join(names) or 'silent'}{done.stderr if done.returncode == 2 else ''}",
          flush=True)
    return done.returncode in (0, 3) and not names


def main():
    asked = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("programs", type=lambda text: pathlib.Path(text).resolve())
    asked.add_argument("output", type=lambda text: pathlib.Path(text).resolve())
    asked.add_argument("name", nargs="*", default=list(FAULTS), help="only these faults")
    asked.add_argument("--reruns", type=int, default=0, metavar="N",
                       help="no faults, but the gate N times on unchanged programs")
    asked.add_argument("--suite", action="append", default=[], help="of --reruns: only these")
    chosen = asked.parse_args()
    chosen.output.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    right = ([is_silent(chosen, number) for number in range(1, chosen.reruns + 1)] or
             [is_found(chosen.programs, chosen.output, each) for each in chosen.name])
    print(f"{sum(right)} of {len(right)} are right, in {time.monotonic() - began:.0f} s")
    sys.exit(not all(right))


if __name__ == "__main__":
    main()
