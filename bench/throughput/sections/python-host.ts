/** Measures what the host of Python models costs for each item and slice, beside a bare loop in the same interpreter. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { encodeFlushLine, encodeItemLine } from '../../../core/contract/slot-protocol.js';
import { ProcessGroup } from '../../../worker/process/process-group.js';
import { inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import type { BenchCloud } from '../lab/cloud.js';
import type { Sizes } from '../sizes.js';

const MODELS = path.resolve('bench/throughput/models');
const PYTHON_FOLDER = path.resolve('python');
const ITEM = JSON.stringify({ text: 'a review of a few words, as in the examples', stars: 4, tags: ['a', 'b'] });
const ITEMS = 40_000;
const ITEMS_PER_SLICE = [1, 10, 100, 1_000];

interface Sample {
  readonly loopSeconds: number;
  readonly hostSeconds: number;
}

export async function pythonHost(_cloud: BenchCloud, { rounds }: Sizes): Promise<Section> {
  const samples = await inRounds(ITEMS_PER_SLICE, rounds, async (items) => ({
    loopSeconds: runLoop(items),
    hostSeconds: await runHost(items),
  }));
  const perItem = (seconds: number): number => (seconds / ITEMS) * 1e6;
  const of = (items: number): readonly Sample[] => samples.get(items) ?? [];
  return {
    title: 'The host of Python models beside a bare loop',
    how:
      `${ITEMS} items of ${ITEM.length} bytes through a predict that returns them. The loop parses the items, calls predict and encodes the outputs in the same interpreter ` +
      `(${versionOf()}). The host does so behind its channel; a program of Node writes the slices and reads the answers as they come.`,
    header: [
      'items in a slice',
      'loop, µs an item',
      'host, µs an item',
      "the host's part, µs an item",
      "the host's part, µs a slice",
    ],
    rows: ITEMS_PER_SLICE.map((items) => {
      const part = medianOf(of(items).map(({ hostSeconds, loopSeconds }) => perItem(hostSeconds - loopSeconds)));
      return [
        String(items),
        show(
          of(items).map(({ loopSeconds }) => perItem(loopSeconds)),
          1,
        ),
        show(
          of(items).map(({ hostSeconds }) => perItem(hostSeconds)),
          1,
        ),
        part.toFixed(1),
        (part * items).toFixed(0),
      ];
    }),
    targets: [],
  };
}

const versionOf = (): string => spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout.trim();

function runLoop(items: number): number {
  const { stdout, stderr } = spawnSync('python3', ['echo_loop.py', String(ITEMS / items), String(items), ITEM], {
    cwd: MODELS,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    encoding: 'utf8',
  });
  const seconds = Number(stdout);
  if (stdout === '' || Number.isNaN(seconds)) throw new Error(`The loop printed no seconds: ${stderr}`);
  return seconds;
}

/** Returns the seconds from the first item to the last answer. */
async function runHost(items: number): Promise<number> {
  let answers = -1;
  let ready: () => void = () => undefined;
  let done: () => void = () => undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const isDone = new Promise<void>((resolve) => (done = resolve));
  const group = new ProcessGroup({
    argv: ['python3', path.join(PYTHON_FOLDER, 'spotpool_host'), path.join(MODELS, 'echo_items.py')],
    cwd: MODELS,
    env: { PATH: process.env['PATH'] ?? '', PYTHONPATH: PYTHON_FOLDER, PYTHONDONTWRITEBYTECODE: '1' },
    isHost: true,
    onStdout: (chunk) => {
      for (const byte of chunk) if (byte === NEWLINE) answers += 1;
      if (answers >= 0) ready();
      if (answers === ITEMS) done();
    },
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  await isReady;
  const startedMs = performance.now();
  for (let at = 0; at < ITEMS; at += items) {
    const lines = Array.from({ length: items }, (_, offset) => encodeItemLine(at + offset, ITEM));
    if (!group.stdin.write(lines.join('') + encodeFlushLine('bench'))) {
      await new Promise((resolve) => group.stdin.once('drain', resolve));
    }
  }
  await isDone;
  const seconds = (performance.now() - startedMs) / 1_000;
  group.stdin.end();
  await group.ended;
  return seconds;
}

const NEWLINE = 10;
