import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startLocalCloudProcess } from '../../bench/support/local-cloud.js';
import { provisionLocalStack } from '../../runner/wiring/local-stack.js';
import { jsonLines, startCli } from '../support/cli.js';

const IDS = Number(process.env['MANY_IDS'] ?? '10000000');
const RESIDENT_LIMIT_BYTES = 300e6;
const REGION = 'us-east-1';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-ids-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('ten million ids go through a whole submit in 300 MB', async () => {
  await writeIds(path.join(directory, 'ids.jsonl'));
  await writeFile(path.join(directory, 'model.mjs'), 'export const predict = (items) => items;\n');
  const cloud = await startLocalCloudProcess();
  try {
    const { endpoint, credentials } = cloud;
    const address = { endpoint, ...credentials, region: REGION, pid: cloud.group.pid };
    const stack = await provisionLocalStack(address, { reclaims: [], maxWorkers: 1 }, AbortSignal.timeout(30_000));
    await writeFile(path.join(directory, 'stack.json'), JSON.stringify(stack));
    const argv = ['submit', 'ids.jsonl', '--id-field', 'id', '--model', 'model.mjs', '--stack', 'stack.json', '--json'];
    const submit = startCli(argv, { cwd: directory, env: { TMPDIR: directory } });
    const sampling = new AbortController();
    const peak = peakOf(submit.child.pid ?? 0, sampling.signal);
    const { code, stdout, stderr } = await submit.exited;
    sampling.abort();
    expect(code, stderr).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ items: IDS, badItems: 0 });
    console.log(`${IDS} ids: peak resident memory of the submit ${Math.round((await peak) / 1e6)} MB`);
    expect(await peak).toBeGreaterThan(0);
    expect(await peak).toBeLessThan(RESIDENT_LIMIT_BYTES);
  } finally {
    await cloud.group.stop();
  }
});

async function writeIds(file: string): Promise<void> {
  const out = createWriteStream(file);
  let lines = '';
  for (let index = 0; index < IDS; index += 1) {
    lines += `{"id":"i${index.toString(36)}"}\n`;
    if (index % 10_000 !== 9_999 && index < IDS - 1) continue;
    if (!out.write(lines)) await once(out, 'drain');
    lines = '';
  }
  out.end();
  await finished(out);
}

/** The kernel keeps the highest resident memory of a process. It is read until the process has ended. */
async function peakOf(pid: number, signal: AbortSignal): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
    await delay(200, undefined, { signal }).catch(() => undefined);
  }
  return peak;
}
