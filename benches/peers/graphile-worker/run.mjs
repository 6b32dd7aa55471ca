// graphile-worker: jobs in PostgreSQL, without dependencies. A chain is a job that adds the next
// one; a join does not exist, so there is no diamond, and the fan ends with its last child.
import { runMigrations, run, makeWorkerUtils, Logger } from 'graphile-worker';
import pg from 'pg';
import { serve, widthOfFan } from '../lib/case.mjs';

// https://worker.graphile.org/docs/performance: batches for throughput; both add latency.
const batched = { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0,
  failJobBatchDelay: 0 };
const prompt = { concurrentJobs: 8 };
const next = { a: 'b', b: 'c' };

function preset(name) {
  return { worker: {
    connectionString: process.env.DATABASE_URL,
    maxPoolSize: 25,
    logger: new Logger(() => () => {}),
    ...(name === 'linear3' ? prompt : batched),
  } };
}

const taskList = {
  single: async () => ({ done: true }),
  linear3: async (payload, helpers) => {
    if (next[payload.step]) await helpers.addJob('linear3', { step: next[payload.step] });
  },
  fan1000: async (payload, helpers) => {
    if (payload.step === 'a') {
      await helpers.addJobs(Array.from({ length: widthOfFan },
        () => ({ identifier: 'fan1000', payload: { step: 'm' } })));
    }
  },
};

// A completed job is deleted. No event reports the commit, so check the table.
async function empty(state) {
  for (;;) {
    const found = await state.pool.query('select 1 from graphile_worker._private_jobs limit 1');
    if (found.rowCount === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

serve({
  stepsOf: { single: 1, linear3: 3, fan1000: widthOfFan + 1 },
  async open(name, isLatency) {
    const state = { preset: preset(name) };
    await runMigrations({ preset: state.preset });
    state.pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
    state.utils = await makeWorkerUtils({ preset: state.preset });
    if (isLatency) state.runner = await run({ preset: state.preset, taskList, noHandleSignals: true });
    return state;
  },
  async one(state, shape) {
    await state.utils.addJob(shape, { step: 'a' });
    await empty(state);
  },
  async load(state, shape, count) {
    await state.stopped;
    await state.utils.addJobs(Array.from({ length: count },
      () => ({ identifier: shape, payload: { order: 17 } })));
  },
  async drain(state) {
    const runner = await run({ preset: state.preset, taskList, noHandleSignals: true });
    await empty(state);
    state.stopped = runner.stop();
  },
  async close(state) {
    await (state.runner?.stop() ?? state.stopped);
  },
});
