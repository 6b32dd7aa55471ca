// DBOS Transact: workflows of checkpointed steps in one process, state in PostgreSQL.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { serve, widthOfFan } from '../lib/case.mjs';

const poolSize = 20;
const running = 100; // workflows at a time

const step = (name) => DBOS.runStep(async () => ({ done: true }), { name });

// Steps of one workflow wait for each other's checkpoints, so a wide fan is child workflows.
// A function can be registered once.
const withChildren = () => async () => {
  await step('a');
  const children = await Promise.all(Array.from({ length: widthOfFan },
    () => DBOS.startWorkflow(workflows.single)()));
  await Promise.all(children.map((each) => each.getResult()));
  await step('z');
};

const workflows = Object.fromEntries(Object.entries({
  async single() {
    await step('a');
  },
  async linear3() {
    await step('a');
    await step('b');
    await step('c');
  },
  async diamond4() {
    await step('a');
    await Promise.all([step('b'), step('c')]);
    await step('d');
  },
  fan1000: withChildren(),
  children1000: withChildren(),
}).map(([name, body]) => [name, DBOS.registerWorkflow(body, { name })]));

async function one(shape) {
  const handle = await DBOS.startWorkflow(workflows[shape])();
  await handle.getResult();
}

serve({
  async open() {
    DBOS.setConfig({
      name: 'peers', systemDatabaseUrl: process.env.DATABASE_URL, systemDatabasePoolSize: poolSize,
      logLevel: 'error',
    });
    await DBOS.launch();
    return {};
  },
  one: (state, shape) => one(shape),
  // Workflows are started directly, so many at a time, which is faster here than a DBOS queue:
  // the clock holds their creation as well.
  async load() {},
  async drain(state, shape, count) {
    let left = count;
    await Promise.all(Array.from({ length: Math.min(running, count) }, async () => {
      while (left-- > 0) await one(shape);
    }));
  },
  close: () => DBOS.shutdown(),
});
