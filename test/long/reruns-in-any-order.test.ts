/** `resume`, `rerun` and `cancel` in any order, and workers that commit at any moment: the results always have each item at most once, and all of them at the end. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeManifest } from '../../core/contract/job.js';
import { manifestKey } from '../../core/contract/keys.js';
import { computeWith } from '../support/computing-stack.js';
import { FakeStack } from '../support/fake-stack.js';
import { RecordingTerminal } from '../support/recording-terminal.js';

const ITEMS = 10;

interface Line {
  readonly index: number;
  readonly ok: boolean;
  readonly output?: { readonly n: number };
}

/** One step is a command on one of the jobs that there are, or some commits of its workers. */
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('cancel', 'resume', 'rerun failed', 'rerun some', 'commit', 'commit all'),
    job: fc.nat(3),
    first: fc.nat(ITEMS - 1),
    last: fc.nat(ITEMS - 1),
  }),
  { minLength: 1, maxLength: 10 },
);

class Story {
  readonly stack = new FakeStack();
  readonly jobs: string[] = ['job-0'];

  async begin(): Promise<void> {
    const { stack } = this;
    stack.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-order-'));
    const items = Array.from({ length: ITEMS }, (_, n) => `{"n":${n}}\n`);
    await writeFile(path.join(stack.cwd, 'data.jsonl'), items.join(''));
    // The first job fails every third item, and reruns fail none.
    computeWith(stack, (json, { parent }) =>
      parent === undefined && Number(/\d+/.exec(json)?.[0]) % 3 === 0 ? undefined : json,
    );
    await this.run('submit', 'data.jsonl', '--model', 'cat', '--per-line', '--id', 'job-0', '--batch-size', '2');
  }

  async run(...argv: readonly string[]): Promise<number> {
    this.stack.terminal = new RecordingTerminal();
    this.stack.instances = [];
    return this.stack.run(...argv);
  }

  async take({ kind, job: number, first, last }: (typeof steps extends fc.Arbitrary<infer S> ? S : never)[number]) {
    const { stack, jobs } = this;
    const job = jobs[number % jobs.length] ?? 'job-0';
    const undone = stack.undone.get(job) ?? [];
    if (kind === 'commit') await this.#commit(job, undone.shift());
    else if (kind === 'commit all') while (undone.length > 0) await this.#commit(job, undone.shift());
    else if (kind === 'cancel' || kind === 'resume') await this.run(kind, job);
    else {
      const items = ['--items', `${Math.min(first, last)}-${Math.max(first, last)}`];
      const id = `job-${jobs.length}`;
      const how = kind === 'rerun some' ? items : ['--failed'];
      await this.run('rerun', job, ...how, '--id', id, '--no-follow', '--batch-size', '2');
      if (stack.store.text(manifestKey(id)) !== undefined) jobs.push(id);
    }
  }

  /** A batch that was sent twice is committed once. */
  async #commit(job: string, batch: number | undefined): Promise<void> {
    if (batch !== undefined) await this.stack.commit(job, batch);
  }

  async results(job: string): Promise<readonly Line[]> {
    await this.run('results', job, '--out', `${job}.jsonl`, '--force');
    const text = await readFile(path.join(this.stack.cwd, `${job}.jsonl`), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  itemsOf(job: string): number {
    return decodeManifest(this.stack.store.text(manifestKey(job)) ?? '', job)?.dataset.items ?? 0;
  }
}

function requireOrdered(lines: readonly Line[], items: number): void {
  const indexes = lines.map(({ index }) => index);
  expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
  expect(indexes.every((index) => index < items)).toBe(true);
}

it(
  'holds the count of items, whatever the order of resume, rerun, cancel and commits',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const story = new Story();
        await story.begin();
        try {
          for (const step of taken) {
            await story.take(step);
            const lines = await story.results('job-0');
            requireOrdered(lines, ITEMS);
            // The answer to an item is that of the item, through however many reruns it came.
            for (const { index, ok, output } of lines) if (ok) expect(output).toEqual({ n: index });
          }
          for (const job of story.jobs) {
            await story.run('resume', job);
            await story.take({ kind: 'commit all', job: story.jobs.indexOf(job), first: 0, last: 0 });
            expect(await story.results(job)).toHaveLength(story.itemsOf(job));
          }
          expect(await story.results('job-0')).toHaveLength(ITEMS);
        } finally {
          await rm(story.stack.cwd, { recursive: true });
        }
      }),
      { numRuns: 25 },
    );
  },
);
