/** Tests that no command prints control characters of other people's text. Only the displays write their own. */
import { describe, expect, it } from 'vitest';
import type { WorkerEvent } from '../../core/contract/events.js';
import * as keys from '../../core/contract/keys.js';
import { encodeOutcomeMetadata, encodeResultLine, failedLine } from '../../core/contract/result-line.js';
import { FakeStack } from '../support/fake-stack.js';
import { RecordingTerminal } from '../support/recording-terminal.js';

/** The sequences set the title, the clipboard, the screen, hidden text, an unused colour, C1, the text direction, a line separator, and the bell. */
const EVIL =
  'x\x1b]0;owned\x07\x1b]52;c;cm0=\x1b\\\x1b[2J\x1b[1;1H\x1b[8m\x1b[41m\x9b31m\x9d0;t\x9c\u202e\u2066\u2028\x85\x00\x7f\rz';
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
/** The displays themselves write these sequences: their colours, cursor movements, the hidden cursor, and erased lines. */
const OWN = /\x1b\[(?:0|1|2|22|3[1-6]|39)m|\x1b\[\?25[lh]|\x1b\[\d+A\r?|\x1b\[[KJ]|\r(?=[^\n]*\x1b\[K)/g;

const AT = '2026-01-01T00:00:01.000Z';
const base = { at: AT, instance: 'i-1', job: 'j', message: `it says ${EVIL}` };
const EVENTS: readonly WorkerEvent[] = [
  { ...base, code: 'model-log', stream: 'model', message: `first ${EVIL}\nsecond ${EVIL}` },
  { ...base, code: 'worker-started', instanceType: EVIL, zone: EVIL, slots: 1, bootMs: 1 },
  { ...base, code: 'model-ready', model: EVIL, loadMs: 1 },
  { ...base, code: 'slot-rebuilt', reason: 'crashed' },
  { ...base, code: 'slot-shape', slots: 1, concurrency: 1, settled: true },
  { ...base, code: 'slot-hint' },
  { ...base, code: 'unable', phase: 'load' },
  { ...base, code: 'outdated', version: EVIL, needs: EVIL },
  { ...base, code: 'trouble', doing: EVIL },
];

async function hostileStack(terminal: RecordingTerminal): Promise<FakeStack> {
  const stack = new FakeStack();
  stack.terminal = terminal;
  const { signal } = stack.interrupt;
  const put = (key: string, value: unknown) => stack.store.put(key, JSON.stringify(value), { signal });
  const start = { kind: 'module', entry: EVIL } as const;
  await stack.plantJob('j', 2, {
    dataset: { name: EVIL, digest: 'd', kind: 'lines', items: 4, bytes: 1, badItems: 0 },
    model: { name: EVIL, digest: 'm', start },
    createdBy: EVIL,
  });
  await stack.plantJob('failed', 1, { createdBy: EVIL });
  stack.undone.delete('failed');
  await put(keys.doneKey('failed'), { state: 'failed', reason: `no model: ${EVIL}`, at: EVIL });
  await stack.plantJob('gone', 1);
  stack.undone.delete('gone');
  await put(keys.cancelledKey('gone'), { by: EVIL, at: EVIL });
  for (const [index, event] of EVENTS.entries()) await stack.event('j', index, event);
  const evilKeys = [`${keys.jobEventsPrefix('j')}${EVIL}/00000001.jsonl`, `${keys.unablePrefix('j')}${EVIL}.json`];
  for (const key of evilKeys) await stack.store.put(key, '{}', { signal });
  await put(keys.manifestKey(EVIL), {});
  const shape = { job: 'j', slots: 1, concurrency: 1, settled: true, reason: EVIL, hint: EVIL };
  for (const instance of ['i-1', 'i-2']) {
    const place = { instanceType: 'c7g.large', zone: 'us-east-1a' };
    await put(keys.instanceStatusKey(instance), {
      instance,
      phase: 'busy',
      slots: 1,
      shape,
      ...place,
      startedAt: AT,
      at: AT,
    });
  }
  await put(keys.fleetStateKey, {
    ...{ version: 1, generation: 1, target: 1, grants: 0, jobs: ['j'], at: AT },
    teardown: { by: EVIL, at: EVIL },
  });
  stack.target = 2;
  const lines = [0, 1].map((index) => encodeResultLine(failedLine(index, { code: EVIL, message: EVIL }))).join('');
  const metadata = encodeOutcomeMetadata({ lease: EVIL, instance: EVIL, ok: 0, failed: 2, givenUp: false });
  await stack.store.put(keys.outcomeKey('j', 0), lines, { signal, metadata });
  stack.undone.set('j', [1]);
  return stack;
}

const COMMANDS: readonly (readonly string[])[] = [
  ['jobs'],
  ['status', 'j'],
  ['status', 'failed'],
  ['status', 'gone'],
  ['status', EVIL],
  ['logs', 'j'],
  ['logs', 'j', '--worker', EVIL],
  ['fleet', '--all'],
  ['doctor'],
  ['results', 'j', '--out', `/nowhere/${EVIL}`],
  ['results', 'j', '--out', '/dev/null'],
  ['watch', 'failed'],
  ['watch', 'gone'],
  ['cancel', 'gone'],
  ['submit', `/nowhere/${EVIL}`, '--model', EVIL],
  ['nonsense', EVIL],
  ['jobs', `--${EVIL}`],
];

const TERMINALS = {
  'a pipe': () => new RecordingTerminal(),
  'a terminal': () => new RecordingTerminal({ columns: 100, rows: 40 }, true, true),
};

describe.each(Object.entries(TERMINALS))('on %s', (_name, open) => {
  it.each(COMMANDS.map((command) => [command.join(' ').replaceAll(EVIL, '<evil>'), command] as const))(
    'spotpool %s prints no control character of others',
    async (_words, command) => {
      const stack = await hostileStack(open());
      await stack.run(...command);
      const { stdout, stderr } = stack.terminal;
      expect(stdout + stderr).not.toBe('');
      expect(stdout.replaceAll(OWN, '')).not.toMatch(CONTROLS);
      expect(stderr).not.toMatch(CONTROLS);
    },
  );

  it('spotpool watch shows a running job without control characters of other people’s text', async () => {
    const stack = await hostileStack(open());
    stack.store.objects.delete(keys.fleetStateKey);
    await stack.run('watch', 'j');
    expect(stack.terminal.stdout).toContain('it says');
    expect(stack.terminal.stdout.replaceAll(OWN, '')).not.toMatch(CONTROLS);
    expect(stack.terminal.stderr).not.toMatch(CONTROLS);
  });

  it('an error of AWS is printed without its control characters', async () => {
    const stack = await hostileStack(open());
    stack.broken = { fleet: { describe: () => Promise.reject(new Error(EVIL)), setTarget: async () => 'accepted' } };
    for (const command of ['fleet', 'doctor']) await stack.run(command);
    expect(stack.terminal.stderr).toMatch(/^error: x/m);
    expect(stack.terminal.stderr).not.toMatch(CONTROLS);
    expect(stack.terminal.stdout.replaceAll(OWN, '')).not.toMatch(CONTROLS);
  });
});

describe('for programs', () => {
  it('the output is JSON in which control characters are escaped', async () => {
    const stack = await hostileStack(new RecordingTerminal());
    for (const command of [['jobs'], ['status', 'j'], ['logs', 'j'], ['fleet', '--all'], ['watch', 'failed']]) {
      stack.terminal.stdout = '';
      await stack.run(...command, '--json');
      expect(stack.terminal.stdout).not.toMatch(CONTROLS);
      const lines = stack.terminal.stdout.trimEnd().split('\n');
      expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'));
    }
  });

  it('logs keep the lines of a model, and no line can look like another one', async () => {
    const stack = await hostileStack(new RecordingTerminal());
    await stack.run('logs', 'j');
    expect(stack.terminal.stdout).toMatch(/ i-1 model first x[^\n]*\n(?:(?: {2}[^\n]*)?\n)* {2}second x/);
  });
});
