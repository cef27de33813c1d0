// Records in $WITNESS which slices began and ended in which process, and gives answers that a test can check.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// The name of the worker's directory is its instance.
const instance = /spotpool-(i-[0-9a-f]+)-/.exec(process.cwd())?.[1];
let slices = 0;

export async function predict(items) {
  const slice = `${instance}-${process.pid}-${slices++}-item${items[0]}`;
  writeFileSync(path.join(process.env.WITNESS, `${slice}.began`), '');
  const { MS_PER_ITEM, SLOW_FROM, SLOW_MS_PER_ITEM } = process.env;
  for (const item of items) await delay(Number(item < Number(SLOW_FROM) ? MS_PER_ITEM : SLOW_MS_PER_ITEM));
  writeFileSync(path.join(process.env.WITNESS, `${slice}.ended`), '');
  return items.map((item) => item * item);
}
