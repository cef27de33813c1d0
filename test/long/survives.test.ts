/** A job on a laptop: everything is killed, and the same command goes on until the results are exact. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../local/market/random.js';
import type { CliResult } from '../support/cli.js';
import { killAll, killAt, type Moment, startRun, whenDone, whenShown } from '../support/killed-run.js';

const ITEMS = 48;
const KILLS_A_JOB = 5;
/** Twenty moments in all. The nightly suites have more. */
const SEEDS = process.env['SURVIVES_SEEDS']?.split(',').map(Number) ?? [1, 2, 3, 4];

const MODEL = `
import { setTimeout } from 'node:timers/promises';
export async function predict(items) {
  await setTimeout(20 * items.length);
  return items.map((item) => item * 2);
}
`;

/** Each moment may come in any start of a job: what has happened already is not shown again. */
const MOMENTS: readonly Moment[] = [
  whenShown('local-cloud-up'),
  whenShown('model-bundled'),
  whenShown('uploading'),
  whenShown('enqueueing'),
  whenShown('submitted'),
  whenShown('target-raised'),
  whenShown('progress'),
  ...[1, 2, 4, 8, 12, 16, 20, 23, 24].map(whenDone),
  whenShown('ended'),
  whenShown('waiting-for-zero'),
];

describe('a job of run --local', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-survives-'));
    await writeFile(
      path.join(directory, 'items.jsonl'),
      Array.from({ length: ITEMS }, (_, index) => `${index}\n`).join(''),
    );
    await writeFile(path.join(directory, 'model.mjs'), MODEL);
  });
  afterEach(async () => {
    await killAll(directory);
    await rm(directory, { recursive: true, force: true });
  });

  it.each(SEEDS)(
    `survives ${KILLS_A_JOB} kills of all its processes: its results are exact, and no instance has the id of another (seed %i)`,
    async (seed) => {
      const random = seededRandom(seed, 'moments');
      const run = {
        directory,
        args: ['items.jsonl', '--model', 'model.mjs', '--batch-size', '2', '--max-workers', '2'],
      };
      const seen: string[] = [];
      const jobs = new Set<unknown>();
      let ended: CliResult | undefined;
      for (let kill = 0; kill < KILLS_A_JOB; kill += 1) {
        const moment = MOMENTS[Math.floor(random() * MOMENTS.length)] ?? whenShown('submitted');
        const killed = startRun(run);
        seen.push(...(await killAt(killed, moment, directory)));
        for (const { event, job } of killed.events) if (event === 'submitted') jobs.add(job);
        ended = await killed.exited;
        if (ended.code !== null) break;
      }
      const { code, stderr } = ended?.code === 0 ? ended : await startRun(run).exited;
      expect(code, stderr).toBe(0);
      expect(await resultsIn(directory)).toEqual(
        Array.from({ length: ITEMS }, (_, index) => ({ index, ok: true, output: index * 2 })),
      );
      expect(new Set(seen).size, 'instances').toBe(seen.length);
      expect(jobs.size, `jobs ${[...jobs].join(', ')}`).toBeLessThanOrEqual(1);
      expect(await readdir(path.join(directory, 'state', 'kept', 'runs'))).toEqual([]);
    },
  );
});

const resultsIn = async (directory: string): Promise<readonly unknown[]> =>
  (await readFile(path.join(directory, 'items.results.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
