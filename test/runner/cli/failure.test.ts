/** With `--json` every command that fails prints an object to standard output, and the sentence to standard error. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emulatorCommands } from '../../../emulator/commands/emulator.js';
import { openHost } from '../../../emulator/wiring/local-machine.js';
import { emulatorStacks } from '../../../emulator/wiring/stacks.js';
import { type CommandDefinition, type CommandEntry, defineCommand, isGroup } from '../../../runner/cli/command.js';
import type { CliContext } from '../../../runner/cli/context.js';
import { Interrupted } from '../../../runner/cli/interrupts.js';
import { COMMANDS, runCommandLine } from '../../../runner/cli/program.js';
import { FakeStack } from '../../support/fake-stack.js';

const MORE = [emulatorCommands({ stacks: emulatorStacks, openHost })];

interface Leaf {
  readonly words: readonly string[];
  readonly entry: CommandDefinition;
}

const leavesOf = (entry: CommandEntry, before: readonly string[] = []): readonly Leaf[] => {
  const words = [...before, entry.name];
  return isGroup(entry) ? entry.commands.flatMap((member) => leavesOf(member, words)) : [{ words, entry }];
};

const LEAVES = [...COMMANDS, ...MORE].flatMap((entry) => leavesOf(entry));
/** These start processes before they look at anything. */
const STARTS_PROCESSES = new Set(['local up']);

/** These have something to say without a stack, too. */
const FINDS_SOMETHING = ['try', 'simulate pool', 'simulate reuse', 'doctor', 'local down', 'local status'];

const needsStack = ({ words, entry }: Leaf): boolean =>
  'local' in entry.options && 'stack' in entry.options && !FINDS_SOMETHING.includes(words.join(' '));

/** It names no stack, and no local cloud of the machine's user. */
const emptyEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  SPOTPOOL_HOME: path.join(directory, 'state'),
});

const named = (leaves: readonly Leaf[]): readonly (readonly [string, Leaf])[] =>
  leaves.map((leaf) => [leaf.words.join(' '), leaf]);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  await writeFile(path.join(directory, 'data.txt'), 'a\n');
  await writeFile(path.join(directory, 'model.mjs'), 'export const predict = (items) => items;\n');
});
afterAll(() => rm(directory, { recursive: true }));

/** Returns words for the arguments and the required options of a command. */
function wordsFor({ entry }: Leaf): readonly string[] {
  const { args, options } = entry;
  const given = Object.keys(args).map((name) => (name === 'dataset' ? 'data.txt' : `nobody-${name}`));
  return [...given, ...('model' in options && options['model']?.required === true ? ['--model', 'model.mjs'] : [])];
}

interface Ended {
  readonly code: number;
  readonly stderr: string;
  readonly last: { readonly error?: Readonly<Record<string, unknown>> };
}

async function run(argv: readonly string[], stack: FakeStack, change: Partial<CliContext> = {}): Promise<Ended> {
  stack.cwd = directory;
  const code = await runCommandLine(argv, { ...stack.context(), ...change }, MORE);
  const { stdout, stderr } = stack.terminal;
  const lines = stdout.trimEnd().split('\n');
  return { code, stderr, last: JSON.parse(lines.at(-1) ?? '') as Ended['last'] };
}

/** The object says what standard error and the exit code say. */
function expectFailure({ code, stderr, last }: Ended, wanted: Readonly<Record<string, unknown>>): void {
  expect(last.error).toMatchObject({ exitCode: code, ...wanted });
  expect(Object.keys(last)).toEqual(['error']);
  expect(stderr).toContain(`error: ${String(last.error?.['message'])}`);
}

describe('a failure of every command, with --json', () => {
  it.each(named(LEAVES))('%s: an option that does not exist', async (_, { words }) => {
    const ended = await run([...words, '--jsno', '--json'], new FakeStack());
    expect(ended.code).toBe(2);
    expectFailure(ended, { kind: 'misuse', message: "unknown option '--jsno'", hint: 'Did you mean --json?' });
  });

  it.each(named(LEAVES.filter(needsStack)))('%s: no stack is named', async (_, leaf) => {
    const ended = await run([...leaf.words, ...wordsFor(leaf), '--json'], new FakeStack(), { env: emptyEnvironment() });
    expectFailure(ended, { kind: 'stack-not-found', exitCode: 2 });
  });

  it.each(named(LEAVES.filter(({ words }) => !STARTS_PROCESSES.has(words.join(' ')))))(
    '%s: it ends with an object, whatever it finds',
    async (_, leaf) => {
      const ended = await run([...leaf.words, ...wordsFor(leaf), '--json'], new FakeStack(), {
        env: emptyEnvironment(),
      });
      if (ended.last.error === undefined) expect(FINDS_SOMETHING).toContain(leaf.words.join(' '));
      else expectFailure(ended, {});
    },
  );

  it.each(named(LEAVES.filter(({ entry }) => 'job' in entry.args)))('%s: the job does not exist', async (_, leaf) => {
    const ended = await run([...leaf.words, ...wordsFor(leaf), '--json'], new FakeStack());
    expect(ended.code).toBe(2);
    expectFailure(ended, { kind: 'job-not-found', job: 'nobody-job' });
  });

  it.each(named(LEAVES.filter(({ entry }) => 'job' in entry.args)))(
    '%s: the stack does not answer',
    async (_, leaf) => {
      const stack = new FakeStack();
      stack.store.get = () => Promise.reject(Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }));
      stack.store.head = () => Promise.reject(Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }));
      const ended = await run([...leaf.words, ...wordsFor(leaf), '--json'], stack);
      expect(ended.code).toBe(1);
      expectFailure(ended, { kind: 'stack-unreachable', job: 'nobody-job' });
    },
  );
});

describe('a failure, with --json', () => {
  it('after Ctrl-C is the last line of a stream, with the job and how to go on', async () => {
    const stack = new FakeStack();
    await stack.plantJob('j', 6);
    stack.onTick = () => stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    const { code, last, stderr } = await run(['watch', 'j', '--json'], stack);
    expect(code).toBe(130);
    expect(last.error).toMatchObject({
      kind: 'interrupted',
      message: 'Interrupted by SIGINT.',
      exitCode: 130,
      job: 'j',
    });
    expect(last.error?.['hint']).toContain('spotpool watch j');
    expect(stderr).toContain(last.error?.['hint']);
    expect(stack.terminal.stdout).toContain('"event":"following"');
  });

  it('before anything was sent says so', async () => {
    const stack = new FakeStack();
    stack.interrupt.abort(new Interrupted(143, 'SIGTERM'));
    const { code, last } = await run(['submit', 'data.txt', '--model', 'model.mjs', '--json'], stack);
    expect(code).toBe(143);
    expect(last.error).toMatchObject({ kind: 'interrupted', exitCode: 143 });
    expect(last.error?.['hint']).toContain('no job was begun');
  });

  it('of results that could not be written is the last line, behind the status', async () => {
    const stack = new FakeStack();
    const ended = await run(
      ['run', 'data.txt', '--model', 'model.mjs', '--id', 'mine', '--out', '/dev/full', '--json'],
      stack,
    );
    expect(ended.code).toBe(1);
    expectFailure(ended, { kind: 'results-not-written', job: 'mine' });
    expect(stack.terminal.stdout.trimEnd().split('\n').at(-2)).toContain('"state":"complete"');
  });

  it('names a job that has ended, and one that has not', async () => {
    const stack = new FakeStack();
    await stack.plantJob('done', 1);
    await stack.commit('done', 0);
    await stack.plantJob('open', 1);
    expectFailure(await run(['cancel', 'done', '--json'], stack), { kind: 'job-ended', job: 'done', exitCode: 1 });
    expectFailure(await run(['resume', 'done', '--json'], stack), { kind: 'job-ended', job: 'done', exitCode: 1 });
    expectFailure(await run(['resume', 'open', '--json'], stack), { kind: 'job-not-ended', job: 'open', exitCode: 1 });
    expectFailure(await run(['rerun', 'open', '--json'], stack), { kind: 'job-not-ended', job: 'open', exitCode: 1 });
  });

  it('names a job that was submitted with other content', async () => {
    const stack = new FakeStack();
    await run(['submit', 'data.txt', '--model', 'model.mjs', '--id', 'mine', '--json'], stack);
    const again = ['submit', 'data.txt', '--model', 'model.mjs', '--id', 'mine', '--slots', '7', '--json'];
    expectFailure(await run(again, stack), { kind: 'job-differs', job: 'mine', exitCode: 2 });
  });

  it('says that a question was answered with no', async () => {
    const stack = new FakeStack();
    await stack.plantJob('done', 1);
    await stack.commit('done', 0);
    stack.answer = false;
    expectFailure(await run(['rm', 'done', '--json'], stack), { kind: 'declined', job: 'done', exitCode: 1 });
  });

  it('adds nothing to results that are on standard output', async () => {
    const stack = new FakeStack();
    await stack.plantJob('j', 2);
    await stack.commit('j', 0);
    expect(await stack.run('results', 'j', '--out', '-', '--json')).toBe(1);
    expect(
      stack.terminal.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { index: 0, ok: true, output: 'x' },
      { index: 1, ok: true, output: 'x' },
    ]);
  });

  it('is printed by a program without a command, too, and not without --json', async () => {
    const stack = new FakeStack();
    expectFailure(await run(['nonsense', '--json'], stack), { kind: 'misuse', message: "unknown command 'nonsense'" });
    stack.terminal.stdout = '';
    expect(await stack.run('status', 'nobody')).toBe(2);
    expect(await stack.run('status', '--', '--json')).toBe(2);
    expect(stack.terminal.stdout).toBe('');
  });

  it('shows no value of an unknown option, which may be a secret', async () => {
    const stack = new FakeStack();
    const words = ['submit', 'data.txt', '--model', 'model.mjs', '--notify=https://example.org/t0k3n', '--json'];
    expectFailure(await run(words, stack), { kind: 'misuse', message: "unknown option '--notify'", exitCode: 2 });
    expect(stack.terminal.stderr).toContain("error: unknown option '--notify'\n");
    expect(stack.terminal.stdout + stack.terminal.stderr).not.toContain('t0k3n');
  });

  it('is made of the last sentence on standard error when a command only returns its exit code', async () => {
    const careless = defineCommand({
      name: 'careless',
      description: 'Fail without an error.',
      args: {},
      options: {},
      examples: [],
      run: async ({ context: { terminal } }) => {
        terminal.err('A warning.\n');
        terminal.err('error: It is broken.\n');
        return 1;
      },
    });
    const stack = new FakeStack();
    expect(await runCommandLine(['careless', '--json'], stack.context(), [careless])).toBe(1);
    expect(JSON.parse(stack.terminal.stdout)).toEqual({
      error: { kind: 'failed', message: 'It is broken.', exitCode: 1 },
    });
  });
});
