import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PreparedModel, Slot } from '../../../worker/slot/slot.js';
import {
  buildHost,
  computeWith,
  itemsOf,
  modelOf,
  rebuildsIn,
  slotOf,
  type BuiltHost,
  type Computed,
} from './support.js';

let host: BuiltHost;
let slot: Slot;
let directory: string;
beforeAll(async () => {
  host = await buildHost();
  directory = await mkdtemp(path.join(tmpdir(), 'spotpool-filter-'));
});
afterAll(async () => {
  await host.remove();
  await rm(directory, { recursive: true });
});
afterEach(() => slot.close());

function filterOf(argv: readonly string[], options: Parameters<typeof modelOf>[1] = {}): PreparedModel {
  const model = modelOf(argv, { directory, ...options });
  const start = { kind: 'filter', argv } as const;
  return { ...model, modelKey: JSON.stringify(start), spec: { ...model.spec, start } };
}

const run = async (argv: readonly string[], items: readonly unknown[]): Promise<Computed> => {
  slot = slotOf(host);
  return computeWith(slot, filterOf(argv), itemsOf(items));
};
const outputs = ({ results }: Computed): unknown[] => results.map((line) => (line?.ok === true ? line.output : line));
const numbers = Array.from({ length: 40 }, (_, index) => index);

/** The example of the documentation is tried where jq is installed, and the same with awk everywhere. */
const EXAMPLES = [
  ['awk', ['awk', '-F"', '{ printf "{\\"n\\":%d}\\n", length($4) }']],
  ...(spawnSync('jq', ['--version']).status === 0 ? ([['jq', ['jq', '-c', '{n: (.text|length)}']]] as const) : []),
] as const;

describe('a filter in a slot', () => {
  it.each(EXAMPLES)('gives the length of a text: %s', async (_program, argv) => {
    const computed = await run(argv, [{ text: 'hello' }, { text: '' }, '{"text":"four"}']);
    expect(outputs(computed)).toEqual([{ n: 5 }, { n: 0 }, { n: 4 }]);
  });

  it('that buffers until the end of its input answers every item', async () => {
    const computed = await run(['awk', '{ print $1 * 2 }'], numbers);
    expect(outputs(computed)).toEqual(numbers.map((number) => number * 2));
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('gets texts as they are, and gives values and texts', async () => {
    const computed = await run(['sed', '-e', 's/^a$/[1, 2]/', '-e', 's/$/\\r/'], ['a', 'b "c"', '', { d: 'é' }]);
    expect(outputs(computed)).toEqual([[1, 2], 'b "c"', '', { d: 'é' }]);
  });

  it('that ends with an error fails the guilty items alone, however many, and is not loaded again', async () => {
    const computed = await run(
      ['awk', '{ if ($1 % 5 == 0) { print "no fives" > "/dev/stderr"; exit 3 } print }'],
      numbers,
    );
    expect(computed.end).toEqual({ kind: 'computed' });
    expect(computed.failed).toEqual(numbers.filter((number) => number % 5 === 0));
    expect(computed.results[5]).toMatchObject({
      error: {
        code: 'SlotCrashed',
        message: 'The filter ended with exit code 3. The last line of its log: no fives',
      },
    });
    expect(rebuildsIn(computed).filter((reason) => reason !== 'broken')).toEqual([]);
    expect(computed.log).toContain('no fives');
  });

  it('that leaves lines out, or prints too many, fails those items and says what it printed', async () => {
    const computed = await run(['awk', '/[02468]$/ { print } /8$/ { print "and"; print "more" }'], numbers);
    expect(computed.failed).toEqual(numbers.filter((number) => number % 2 === 1 || number % 10 === 8));
    const [none, three] = [computed.results[1], computed.results[8]].map((line) => JSON.stringify(line));
    expect(none).toMatch(/ProtocolFault.*printed no line for 1 item.*grep/);
    expect(three).toMatch(/ProtocolFault.*printed 3 lines for 1 item.*jq needs -c/);
  });

  it('that sums up its input is started for each item', async () => {
    const computed = await run(['wc', '-w'], ['one', 'one two', '', 'one two three', 'a b', 'c']);
    expect(outputs(computed)).toEqual([1, 2, 0, 3, 2, 1]);
    expect(computed.log.join('\n')).toMatch(/printed 1 line for \d items\. From now on it is started for each item/);
  });

  it('that reads no input to its end fails no item by that', async () => {
    const computed = await run(['sed', '-n', '1{p;q}'], ['x'.repeat(300_000), 'b', 'c']);
    expect(outputs(computed)).toEqual(['x'.repeat(300_000), 'b', 'c']);
  });

  it('that prints bytes that are not UTF-8 fails the item, and names the byte', async () => {
    const computed = await run(['awk', '{ if ($1 == "b") printf "ok\\377\\n"; else print }'], ['a', 'b', 'c']);
    expect(computed.failed).toEqual([1]);
    expect(JSON.stringify(computed.results[1])).toMatch(/ProtocolFault.*line 1.*not UTF-8 \(byte 3 is 0xff\)/);
  });

  it('that prints a line without an end fails the item at 16 MiB', async () => {
    const computed = await run([process.execPath, '-e', ENDLESS], ['a', 'b']);
    expect(computed.failed).toEqual([1]);
    expect(JSON.stringify(computed.results[1])).toContain('goes on for more than 16 MiB');
  });

  it('is not given an item of several lines, which fails', async () => {
    const computed = await run(['cat'], ['a', 'b\nc', 'd']);
    expect(computed.failed).toEqual([1]);
    expect(outputs(computed).filter((_, at) => at !== 1)).toEqual(['a', 'd']);
    expect(computed.results[1]).toMatchObject({ error: { code: 'BadItem' } });
  });

  it('that hangs on an item is ended after the time for an item, and fails that item alone', async () => {
    slot = slotOf(host);
    const model = filterOf(
      ['sh', '-c', 'while read -r line; do [ "$line" = hang ] && sleep 1000; echo "$line"; done'],
      {
        itemTimeoutSeconds: 1,
      },
    );
    const computed = await computeWith(slot, model, itemsOf(['a', 'hang', 'b']));
    expect(computed.failed).toEqual([1]);
    expect(computed.results[1]).toMatchObject({ error: { code: 'ItemTimeout' } });
  });

  it('works on several slices at once when it waits', async () => {
    slot = slotOf(host);
    const model = filterOf(['sh', '-c', 'while read -r line; do sleep 0.05; echo "$line"; done'], { concurrency: 8 });
    const computed = await computeWith(slot, model, itemsOf(numbers));
    expect(outputs(computed)).toEqual(numbers);
  });

  it.each([
    [['no-such-filter', 'x'], "no-such-filter is not on this machine's PATH. Install it (--setup)"],
    [['./missing'], './missing cannot be started: there is no such file in what the model ships'],
    [['./not-executable'], './not-executable cannot be started: spawn ./not-executable EACCES'],
    [['sh', '-c', 'no-such-filter'], 'The filter ended with exit code 127.'],
  ])('that cannot be started (%j) makes the instance unable, and fails no item', async (argv, message) => {
    await writeFile(path.join(directory, 'not-executable'), 'x');
    const computed = await run(argv, ['a']);
    expect(computed.end).toMatchObject({ kind: 'unable', message: expect.stringContaining(message) as string });
    expect(computed.failed).toEqual([]);
  });

  it('is found in what the model ships', async () => {
    await writeFile(path.join(directory, 'twice'), '#!/bin/sh\nexec sed "s/.*/&&/"\n');
    await chmod(path.join(directory, 'twice'), 0o755);
    expect(outputs(await run(['./twice'], ['ab']))).toEqual(['abab']);
  });

  it('that takes long to start gets longer slices, and is started rarely', async () => {
    const slow = `sleep 0.3; echo started >&2; exec cat`;
    const computed = await run(['sh', '-c', slow], numbers);
    expect(outputs(computed)).toEqual(numbers);
    // One start is the load's. With slices of a second, of which 0.3 s are the start, it would be about the same; with
    // slices of one item it would be 41.
    expect(computed.log.filter((line) => line === 'started').length).toBeLessThan(8);
  });
});

const ENDLESS = `
process.stdin.on('data', (chunk) => {
  const text = 'x'.repeat(1024 * 1024);
  const more = () => process.stdout.write(text, more);
  if (String(chunk).includes('b')) more();
  else process.stdout.write(chunk);
});
`;
