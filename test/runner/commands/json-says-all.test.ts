/**
 * The last object of `--json` says what the text says. The facts of a job are planted with distinctive words and numbers, and each that a command's text has
 * must be in its object, too. Sums of them are left out.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeStack } from '../../support/fake-stack.js';

/** The job has 17 batches of two items. Three items of one batch and another fail. */
const BATCHES = 17;
const FACTS: ReadonlySet<string> = new Set([
  ...['job-of-it', 'Name-of-it', 'model-of-it.ts', 'data-of-it.jsonl', 'person-of-it'],
  ...['fleet-1', 'i-1', 'i-2', 'c7g.large', 'us-east-1a', 'm5.large', 'Odd'],
  ...['out.jsonl', 'page.html', 'own.txt', 'own.mjs', 'run-of-it'],
  ...['34', '31', '17', '7', '5', '3'],
]);

/** A word ends before the punctuation of its sentence. */
const wordsOf = (text: string): readonly string[] =>
  (text.match(/[\w./-]+/g) ?? []).map((word) => word.replace(/\.+$/, ''));

/** The text of these is a stream of events, and so is their JSON. */
const STREAMS = new Set(['watch', 'run', 'teardown']);

/** `show` prints its object over several lines. */
const lastOf = (stdout: string): unknown =>
  JSON.parse(stdout.startsWith('{\n') ? stdout : (stdout.trimEnd().split('\n').at(-1) ?? ''));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  await writeFile(path.join(directory, 'own.txt'), 'a\nb\nc\nd\ne\n');
  await writeFile(path.join(directory, 'own.mjs'), 'export const predict = (items) => items;\n');
});
afterEach(() => rm(directory, { recursive: true }));

interface Planted {
  /** The batches that are done. */
  readonly done: number;
  /** True when every item is ok. */
  readonly allOk?: true;
}

async function planted({ done, allOk }: Planted): Promise<FakeStack> {
  const stack = new FakeStack();
  stack.cwd = directory;
  const dataset = { name: 'data-of-it.jsonl', digest: 'd', kind: 'lines', items: 34, bytes: 100, badItems: 0 } as const;
  const model = { name: 'model-of-it.ts', digest: 'm', start: { kind: 'module', entry: 'model.mjs' } } as const;
  await stack.plantJob('job-of-it', BATCHES, { dataset, model, name: 'Name-of-it', createdBy: 'person-of-it' });
  for (let batch = 0; batch < done; batch += 1)
    await stack.commit('job-of-it', batch, allOk ? 0 : Math.max(0, 2 - batch));
  stack.undone.set(
    'job-of-it',
    Array.from({ length: BATCHES - done }, (_, n) => done + n),
  );
  await stack.event('job-of-it', 1, {
    code: 'slot-rebuilt',
    reason: 'timeout',
    at: '2026-01-01T00:00:01.000Z',
    instance: 'i-2',
    message: 'The model answered nothing for 5 s; its slot is rebuilt.',
  });
  return stack;
}

const whole: Planted = { done: BATCHES };
const part: Planted = { done: 5 };
const own = ['own.txt', '--model', 'own.mjs', '--id', 'run-of-it'];

it.each<readonly [string, Planted, readonly string[]]>([
  ['status', part, ['status', 'job-of-it']],
  ['status of a job that has ended', whole, ['status', 'job-of-it']],
  ['watch', part, ['watch', 'job-of-it']],
  ['show', part, ['show', 'job-of-it']],
  ['errors', { ...part, allOk: true }, ['errors', 'job-of-it']],
  ['results', whole, ['results', 'job-of-it', '--out', 'out.jsonl', '--force']],
  ['report', whole, ['report', 'job-of-it', '--out', 'page.html', '--force']],
  ['jobs', part, ['jobs']],
  ['fleet', part, ['fleet']],
  ['cancel', part, ['cancel', 'job-of-it']],
  ['rm', whole, ['rm', 'job-of-it', '--yes']],
  ['doctor', part, ['doctor']],
  ['submit', whole, ['submit', ...own]],
  ['run', whole, ['run', ...own, '--out', 'out.jsonl', '--force', '--report', 'page.html']],
  ['teardown', whole, ['teardown', '--yes']],
])('%s: the last object has what the text says', async (_, job, argv) => {
  const asText = await planted(job);
  const asJson = await planted(job);
  const code = await asText.run(...argv);
  expect(await asJson.run(...argv, '--json')).toBe(code);
  const said = new Set(wordsOf(asText.terminal.stdout).filter((word) => FACTS.has(word)));
  expect(said.size, asText.terminal.stdout + asText.terminal.stderr).toBeGreaterThan(0);
  const { stdout } = asJson.terminal;
  const inJson = new Set(wordsOf(STREAMS.has(argv[0] ?? '') ? stdout : JSON.stringify(lastOf(stdout))));
  expect([...said].filter((word) => !inJson.has(word))).toEqual([]);
});

it('the last object of a job that was followed has the summary and the results', async () => {
  const stack = await planted({ done: 0 });
  await stack.run('run', ...own, '--out', 'out.jsonl', '--force', '--json');
  const lines = stack.terminal.stdout.trimEnd().split('\n');
  const { event, at: _at, ...summary } = JSON.parse(lines.at(-2) ?? '') as Readonly<Record<string, unknown>>;
  expect(event).toBe('summary');
  const last = JSON.parse(lines.at(-1) ?? '') as Readonly<Record<string, unknown>>;
  expect(last).toMatchObject({ job: 'run-of-it', state: 'complete', summary });
  stack.terminal.stdout = '';
  await stack.run('results', 'run-of-it', '--out', 'out.jsonl', '--json');
  expect(last['results']).toEqual(JSON.parse(stack.terminal.stdout));
});
