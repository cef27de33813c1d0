// Waits for as long as an item says (`{ms}`). Of all workers, the first process that starts is the slow instance:
// it takes several times as long.
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const now = () => performance.timeOrigin + performance.now();
let times = 1;

export function load() {
  try {
    writeFileSync(process.env.BENCH_SLOW_FILE, String(process.pid), { flag: 'wx' });
    times = Number(process.env.BENCH_SLOW_TIMES);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

export async function* predict(items) {
  for (const { ms } of items) {
    const startMs = now();
    await delay(ms * times);
    yield { startMs, endMs: now(), pid: process.pid };
  }
}
