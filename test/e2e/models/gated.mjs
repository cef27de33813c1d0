// Holds every slice until the test opens the gate, so that tests observe and do not sleep. $GATE is a directory of the test. The model
// writes `started-<first item>-<pid>` there and waits until `open` or `open-<first item>` exists.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const gate = process.env.GATE;

export async function predict(items, { signal }) {
  const first = items[0];
  writeFileSync(path.join(gate, `started-${first}-${process.pid}`), '');
  while (!existsSync(path.join(gate, 'open')) && !existsSync(path.join(gate, `open-${first}`))) {
    await delay(15, undefined, { signal });
  }
  return items.map((item) => item * 2);
}
