// pgflow's SQL core, driven as its edge worker drives it: read_with_poll, start_tasks, then one
// complete_task a step, through the package's own PgflowSqlClient.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { PgflowSqlClient } from '@pgflow/core';
import { Countdown, elementsOfMap, serve, widthOfFan } from '../lib/case.mjs';

const batch = 100; // of the worker's maxConcurrent: 10 (the default) is slower here
const lease = 60; // s
const pollMs = 10; // the default of 100 is made for an idle database
const connections = 20;

const flows = {
  single: [['a']],
  linear3: [['a'], ['b', 'a'], ['c', 'b']],
  diamond4: [['a'], ['b', 'a'], ['c', 'a'], ['d', 'b', 'c']],
  // A map step is pgflow's fan: one task for each element of its dependency's array.
  fan1000: [['a'], ['m', 'a'], ['z', 'm']],
  map10000: [['a'], ['m', 'a'], ['z', 'm']],
};
const lastStep = { single: 'a', linear3: 'c', diamond4: 'd', fan1000: 'z', map10000: 'z' };
const listOf = (length) => Array.from({ length }, (_, i) => i);
const elements = { fan1000: listOf(widthOfFan), map10000: listOf(elementsOfMap) };

async function migrate(sql) {
  // From Supabase the core needs PGMQ and one function to broadcast events, which has no listener
  // here.
  await sql.unsafe(readFileSync(process.env.PGMQ_SQL, 'utf8'));
  await sql.unsafe(`create schema realtime; create function realtime.send(jsonb, text, text,
    private boolean default true) returns void language sql as 'select null::void'`);
  const core = dirname(createRequire(import.meta.url).resolve('@pgflow/core/package.json'));
  const folder = join(core, 'dist/supabase/migrations');
  for (const file of readdirSync(folder).sort()) {
    const text = readFileSync(join(folder, file), 'utf8');
    await sql.unsafe(text.replace(/^create extension [^;]*pgmq[^;]*;/gim, ''));
  }
}

async function define(sql, flow) {
  await sql`select pgflow.create_flow(${flow})`;
  for (const [step, ...parents] of flows[flow]) {
    const kind = step === 'm' ? 'map' : 'single';
    await sql`select pgflow.add_step(${flow}, ${step}, ${parents}::text[], step_type => ${kind})`;
  }
}

async function work(state, flow) {
  const { client } = state;
  const worker = randomUUID();
  await state.sql`insert into pgflow.workers (worker_id, queue_name, function_name)
                  values (${worker}, ${flow}, 'bench')`;
  while (!state.stopping) {
    const messages = await client.readMessages(flow, lease, batch, 2, pollMs);
    if (messages.length === 0) continue;
    const tasks = await client.startTasks(flow, messages.map((each) => each.msg_id), worker);
    await Promise.all(tasks.map(async (task) => {
      await client.completeTask(task, (task.step_slug === 'a' && elements[flow])
        || { done: true });
      if (task.step_slug === lastStep[flow]) state.ended.one();
    }));
  }
}

serve({
  async open(name, isLatency) {
    const sql = postgres(process.env.DATABASE_URL, { max: connections, onnotice() {} });
    await migrate(sql);
    await define(sql, name);
    const state = { sql, client: new PgflowSqlClient(sql), stopping: false };
    if (isLatency) state.working = work(state, name);
    return state;
  },
  async one(state, flow) {
    state.ended = new Countdown(1);
    await state.client.startFlow(flow, { order: 17 });
    await state.ended.done;
  },
  async load(state, flow, count) {
    await state.working;
    await state.sql`select pgflow.start_flow(${flow}, '{"order":17}'::jsonb)
      from generate_series(1, ${count})`;
  },
  async drain(state, flow, count) {
    state.ended = new Countdown(count);
    state.stopping = false;
    state.working = work(state, flow);
    await state.ended.done;
    state.stopping = true;
  },
  async close(state) {
    const [{ left }] = await state.sql`
      select count(*)::int as left from pgflow.runs where status <> 'completed'`;
    if (left !== 0) throw new Error(`${left} runs did not complete`);
  },
});
