/** Checks that every value of the table passes unchanged on every way through the product. */
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definedFields } from '../../core/defined-fields.js';
import type { ModelStart } from '../../core/contract/job.js';
import type { Slot, PreparedModel } from '../../worker/slot/slot.js';
import { findPythons } from '../support/pythons.js';
import { buildHost, modelOf, slotOf, type BuiltHost } from '../worker/slot/support.js';
import { journey, type Source } from './journey.js';
import { FIELDS, TABLE } from './table.js';

const directory = fileURLToPath(new URL('models', import.meta.url));

let host: BuiltHost;
beforeAll(async () => {
  host = await buildHost();
});
afterAll(() => host.remove());

/** The expected text in the results. Undefined when the item should fail. */
type Expectation = (texts: readonly string[]) => readonly (string | undefined)[];

interface Model {
  readonly name: string;
  readonly start: string | readonly string[] | ModelStart;
  readonly python?: string;
  readonly expected: Expectation;
  /** Parses a text to the value that the model sees, so that two texts with the same meaning are equal. */
  readonly same: (text: string) => unknown;
}

const asText = (text: string): unknown => text;

const PYTHONS_ECHO = `
import json, sys
def echo(text):
  try: return json.dumps(json.loads(text), allow_nan=False)
  except (RecursionError, ValueError): return None
print(json.dumps([echo(text) for text in json.load(sys.stdin)]))`;

function echoOf(python: string, texts: readonly string[]): readonly (string | undefined)[] {
  const { stdout } = spawnSync(python, ['-c', PYTHONS_ECHO], { input: JSON.stringify(texts), encoding: 'utf8' });
  return (JSON.parse(stdout) as (string | null)[]).map((text) => text ?? undefined);
}

const pythons = findPythons();
const newestPython = pythons.slice(-1);

/** Only the table has values that JavaScript cannot hold or write. */
const BEYOND_JAVASCRIPT = new Set(TABLE.filter((value) => value.isBeyondJavaScript).map(({ text }) => text));

const MODELS: readonly Model[] = [
  {
    name: 'a module',
    start: 'echo.mjs',
    expected: (texts) =>
      texts.map((text) =>
        [...BEYOND_JAVASCRIPT].some((beyond) => text.endsWith(beyond) || text.endsWith(`,${beyond}]`))
          ? undefined
          : text,
      ),
    same: (text) => JSON.parse(text) as unknown,
  },
  ...pythons.map(({ version, path }) => ({
    name: `the host with Python ${version}`,
    start: { kind: 'python', entry: 'echo.py' } as const,
    python: path,
    expected: (texts: readonly string[]) => echoOf(path, texts),
    same: asText,
  })),
  ...newestPython.map(({ version, path }) => ({
    name: `spotpool_model with Python ${version}`,
    start: [path, 'echo_command.py'],
    expected: (texts: readonly string[]) => echoOf(path, texts),
    same: asText,
  })),
  {
    name: 'a command that copies bytes',
    start: [process.execPath, 'copy.mjs'],
    expected: (texts) => texts,
    same: asText,
  },
];

/** An S3 key may be any UTF-8 text. */
const keyOf = (at: number): string => `${String(at).padStart(3, '0')} ä/"🎉"\\ \u2028__proto__.json`;

interface Way {
  readonly name: string;
  readonly source: (texts: readonly string[]) => Source;
  /** The JSON text of the item. */
  readonly item: (text: string, at: number, isCommand: boolean) => string;
  readonly texts: readonly string[];
}

const texts = TABLE.map(({ text }) => text);

const WAYS: readonly Way[] = [
  {
    name: 'lines of JSON',
    source: (lines) => ({ file: 'items.jsonl', text: lines.map((line) => `${line}\n`).join('') }),
    item: (text) => text,
    texts,
  },
  {
    name: 'fields of CSV',
    source: (fields) => ({
      file: 'items.csv',
      text: `field\n${fields.map((field) => `"${field.replaceAll('"', '""')}"\n`).join('')}`,
    }),
    item: (text) => JSON.stringify({ field: text }),
    texts: FIELDS,
  },
  {
    name: 'objects',
    source: (bodies) => ({ objects: new Map(bodies.map((body, at) => [keyOf(at), body])) }),
    item: (text, at, isCommand) => (isCommand ? text : `[${JSON.stringify(keyOf(at))},${text}]`),
    texts,
  },
];

const RESULT = /^\{"index":(\d+),"ok":(true|false),"(?:output|error)":(.*)\}$/s;

function preparedModel({ start, python }: Model, way: Way): PreparedModel {
  const env = { PYTHONDONTWRITEBYTECODE: '1', ...(way.name === 'objects' ? { OBJECTS: '1' } : {}) };
  return modelOf(start, { directory, env, ...definedFields({ python }) });
}

async function expectUnchanged(way: Way, model: Model, values: readonly string[], slot: Slot): Promise<void> {
  const items = values.map((text, at) => way.item(text, at, model.name.includes('copies bytes')));
  const expected = model.expected(items);
  const lines = await journey(way.source(values), preparedModel(model, way), slot);
  const results = lines.map((line, at) => {
    const [, index, ok, text] = RESULT.exec(line) ?? [];
    expect(index).toBe(String(at));
    return ok === 'true' && text !== undefined ? model.same(text) : undefined;
  });
  const wanted = expected.map((text) => (text === undefined ? undefined : model.same(text)));
  for (const [at, result] of results.entries()) {
    // `expect` is not used for the values, because it takes a key such as `constructor` for the object's own.
    const isSame = isDeepStrictEqual(result, wanted[at]);
    expect(isSame, `${lines[at]?.slice(0, 300)} of ${items[at]?.slice(0, 300)}`).toBe(true);
  }
  expect(results).toHaveLength(values.length);
}

describe.each(MODELS)('the values of the table, through $name', (model) => {
  it.each(WAYS)('from $name to the results', async (way) => {
    const slot = slotOf(host);
    try {
      await expectUnchanged(way, model, way.texts, slot);
    } finally {
      await slot.close();
    }
  });
});

/** JSON texts with forms that JSON.stringify never writes: blanks, equal keys, numbers of any length, and escapes. */
const json = fc.letrec<{ readonly value: string }>((tie) => {
  const blank = fc.constantFrom('', '', ' ', '\t ');
  const number = fc.oneof(
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? '-0.0' : String(value))),
    fc.tuple(fc.nat(), fc.stringMatching(/^\d{1,30}$/)).map(([whole, digits]) => `${whole}.${digits}`),
  );
  const character = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('\u2028', '\ufeff', '\ud800', '\udc00', '\u0000', '"', '\\', '\u0085'),
  );
  const string = fc.array(character, { maxLength: 12 }).map((all) => JSON.stringify(all.join('')));
  const key = fc.oneof(string, fc.constantFrom('"__proto__"', '"a"', '"index"', '"output"', '"1"', '""'));
  const member = fc.tuple(key, blank, tie('value')).map(([name, gap, value]) => `${name}${gap}:${gap}${value}`);
  const list = (of: fc.Arbitrary<string>, [open, close]: readonly [string, string]): fc.Arbitrary<string> =>
    fc
      .tuple(fc.array(of, { maxLength: 4 }), blank)
      .map(([all, gap]) => `${open}${gap}${all.join(`${gap},${gap}`)}${gap}${close}`);
  const leaf = fc.oneof(number, string, fc.constantFrom('null', 'true', 'false', '-0'));
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      list(tie('value'), ['[', ']']),
      list(member, ['{', '}']),
    ),
  };
}).value;

const older = new Set(pythons.slice(0, -1).map(({ path }) => path));
const newest = MODELS.filter(({ python }) => python === undefined || !older.has(python));

describe.each(newest)('any values, through $name', (model) => {
  it.each(WAYS)('from $name to the results', async (way) => {
    const slot = slotOf(host);
    try {
      const values = fc.array(json, { minLength: 1, maxLength: 60, size: 'max' });
      await fc.assert(
        fc.asyncProperty(values, (all) => expectUnchanged(way, model, all, slot)),
        { numRuns: 10 },
      );
    } finally {
      await slot.close();
    }
  });
});
