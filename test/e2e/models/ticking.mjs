// A batch takes one unit of virtual time. It is done when the test has moved the clock ($GATE/tick).
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const gate = process.env.GATE;
const tick = () => Number(readFileSync(path.join(gate, 'tick'), 'utf8'));

export async function predict(items, { signal }) {
  const started = tick();
  writeFileSync(path.join(gate, `started-${started}-${items[0]}`), '');
  while (tick() === started) await delay(15, undefined, { signal });
  return items.map((item) => ({ item, started }));
}
