// BullMQ: flows on Redis. A flow is a tree whose children run first, so a linear workflow is a
// plain flow. If one step comes before many, its processor adds the flow of the later ones.
import { FlowProducer, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Countdown, serve, stepsOf, widthOfFan } from '../lib/case.mjs';

const queueName = 'steps';
const concurrency = 100;
const chunk = 500;

const job = (name, children) => ({ name, queueName, data: { order: 17 }, children });
const after = {
  diamond4: () => job('last', [job('b'), job('c')]),
  fan1000: () => job('last', Array.from({ length: widthOfFan }, (_, i) => job(`m${i}`))),
};
after.children1000 = after.fan1000; // the steps of a flow are its children
const linear = () => job('last', [job('b', [job('a')])]);

function startWorker(state, shape) {
  state.worker = new Worker(queueName, async (each) => {
    state.ran += 1;
    if (each.name === 'first') await state.flows.add(after[shape]());
    return { done: true };
  }, { connection: state.connection(), concurrency });
  state.worker.on('completed', (each) => {
    if (each.name === 'last') state.ended.one();
  });
  state.worker.on('failed', (each, error) => { throw error; });
  state.worker.on('error', (error) => { throw error; });
}

serve({
  async open(name, isLatency) {
    const connection = () => new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
    const state = {
      connection, ran: 0,
      flows: new FlowProducer({ connection: connection() }),
      queue: new Queue(queueName, { connection: connection() }),
    };
    if (isLatency) startWorker(state, name);
    return state;
  },
  async one(state, shape) {
    state.ended = new Countdown(1);
    if (shape === 'linear3') await state.flows.add(linear());
    else await state.queue.add('first', { order: 17 });
    await state.ended.done;
  },
  async load(state, shape, count) {
    await state.worker?.close();
    state.ran = 0;
    const name = shape === 'single' ? 'last' : 'first';
    for (let made = 0; made < count; made += chunk) {
      await state.queue.addBulk(Array.from({ length: Math.min(chunk, count - made) },
        () => ({ name, data: { order: 17 } })));
    }
  },
  async drain(state, shape, count) {
    state.ended = new Countdown(count);
    startWorker(state, shape);
    await state.ended.done;
    const steps = count * stepsOf[shape];
    if (state.ran !== steps) throw new Error(`${state.ran} steps ran, not ${steps}`);
  },
  close: (state) => state.queue.close(),
});
