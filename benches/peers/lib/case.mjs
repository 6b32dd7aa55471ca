// One case of one peer in Node: the same protocol as case.py and case.go.
//
//   run.mjs CASE COUNT WARM_UP
//
// A peer gives `one(state, shape)`, which runs one task to its committed completion, and
// `load(state, shape, count)` with `drain(state, shape, count)`, which make a backlog and work it
// off. Everything before the line "ready" (set-up, warm-up, backlog) is outside the clock; the
// clock starts when the runner sends a line. The result is one JSON object; then the runner takes
// its samples and sends another line, on which the peer ends.
import { createInterface } from 'node:readline';
import { performance } from 'node:perf_hooks';

export const widthOfFan = 1000;
export const elementsOfMap = 10_000;
export const stepsOf = { single: 1, linear3: 3, diamond4: 4, fan1000: widthOfFan + 2,
  map10000: elementsOfMap + 2, children1000: widthOfFan + 2 };
const drained = ['single', 'diamond4']; // the others are run one after the other

async function latencies(peer, state, shape, count) {
  const out = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await peer.one(state, shape);
    out.push(performance.now() - start);
  }
  return out;
}

export async function serve(peer) {
  const [name, countText, warmUpText] = process.argv.slice(2);
  const [count, warmUp] = [Number(countText), Number(warmUpText)];
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const isLatency = !drained.includes(name);
  const state = await peer.open(name, isLatency);
  if (isLatency) {
    await latencies(peer, state, name, warmUp);
  } else {
    await peer.load(state, name, warmUp);
    await peer.drain(state, name, warmUp);
    await peer.load(state, name, count);
  }
  console.log('ready');
  await lines.next();
  const start = performance.now();
  const each = isLatency ? await latencies(peer, state, name, count) : [];
  if (!isLatency) await peer.drain(state, name, count);
  const seconds = (performance.now() - start) / 1000;
  const steps = count * (peer.stepsOf ?? stepsOf)[name];
  console.log(JSON.stringify({ case: name, count, steps, seconds, latencies_ms: each }));
  await lines.next();
  await peer.close(state);
  process.exit(0);
}

// A promise that resolves when `n` things were counted; more than `n` is an error.
export class Countdown {
  constructor(n) {
    this.left = n;
    this.done = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }
  one() {
    this.left -= 1;
    if (this.left === 0) this.resolve();
    if (this.left < 0) throw new Error('a step ran more often than it should');
  }
}
