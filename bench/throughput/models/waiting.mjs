// Waits for as long as an item says (`{ms}`), and counts its items in a file, so that the work that is lost with it
// is known.
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const now = () => performance.timeOrigin + performance.now();

export async function* predict(items) {
  for (const { ms } of items) {
    const startMs = now();
    await delay(ms);
    appendFileSync(process.env.BENCH_DONE, '.');
    yield { startMs, endMs: now(), pid: process.pid };
  }
}
