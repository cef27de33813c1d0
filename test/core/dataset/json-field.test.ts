import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FieldScanner, fieldPath, fieldText, literalPath } from '../../../core/dataset/json-field.js';

/** Keys that share beginnings, hold dots, quotes and escapes, or have a meaning in JavaScript. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'a.b', 'b.c', 'a.b.c', '', '.', 'é', '"', '\\', '__proto__', 'constructor', 'ab'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);

const { object } = fc.letrec<{ document: unknown; object: unknown }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('document'), { maxLength: 3 }),
    tie('object'),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(key, tie('document')), { maxLength: 5 })
    .map((members) => new Members(members as readonly Member[])),
}));

type Member = readonly [string, unknown];

/** An object whose keys may be repeated. */
class Members {
  constructor(readonly members: readonly Member[]) {}
}

/** Writes JSON in an unusual way: with blanks, and with escapes where none are needed. */
function written(value: unknown, style: () => number): string {
  const gap = (): string => ['', ' ', '\t', ' \r\n'][style() % 4] ?? '';
  if (value instanceof Members) {
    const members = value.members.map(
      ([name, member]) => `${gap()}${escaped(name, style)}${gap()}:${gap()}${written(member, style)}${gap()}`,
    );
    return `{${gap()}${members.join(',')}${gap()}}`;
  }
  if (Array.isArray(value)) return `[${value.map((entry) => `${gap()}${written(entry, style)}${gap()}`).join(',')}]`;
  if (typeof value === 'string') return escaped(value, style);
  return JSON.stringify(value);
}

function escaped(text: string, style: () => number): string {
  const units = Array.from({ length: text.length }, (_, n) => text.slice(n, n + 1));
  const parts = units.map((unit) =>
    style() % 5 === 0
      ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
      : JSON.stringify(unit).slice(1, -1).replace('\\/', '/'),
  );
  return `"${parts.join('')}"`;
}

/** Says with values where a path leads. */
function valueAt(value: unknown, path: string): readonly [unknown] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(members, path)) return [members[path]];
  for (let dot = path.lastIndexOf('.'); dot !== -1; dot = dot === 0 ? -1 : path.lastIndexOf('.', dot - 1)) {
    const first = path.slice(0, dot);
    const found = Object.hasOwn(members, first) ? valueAt(members[first], path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const parsed = (json: string): unknown => JSON.parse(json) as unknown;

/** A path that leads into the document, as far as the turns go. */
function pathInto(value: unknown, turns: readonly number[]): string {
  const [turn = 0, ...more] = turns;
  if (!(value instanceof Members) || value.members.length === 0) return 'a';
  const [name, member] = value.members[turn % value.members.length] as Member;
  return more.length === 0 ? name : `${name}.${pathInto(member, more)}`;
}

it('cuts out the text whose value JSON.parse gives at the path, for every document and path', () => {
  let found = 0;
  fc.assert(
    fc.property(
      object,
      fc.oneof(
        fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => keys.join('.')),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }),
      ),
      fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }),
      (value, way, styles) => {
        const path = typeof way === 'string' ? way : pathInto(value, way);
        let n = 0;
        const json = written(value, () => styles[n++ % styles.length] ?? 0);
        const text = fieldText(json, fieldPath(path));
        const expected = valueAt(parsed(json), path);
        found += expected === undefined ? 0 : 1;
        if (text === undefined) expect(expected).toBeUndefined();
        else expect([parsed(text)]).toEqual(expected);
      },
    ),
    { numRuns: 1_500 },
  );
  expect(found).toBeGreaterThan(100);
});

it('finds several fields in one pass, within a longer text', () => {
  const scanner = new FieldScanner(['id', 'meta.source', 'none'].map(fieldPath));
  const item = '{"meta":{"source": "x" },"id":1.0}';
  const text = `before${item}after`;
  scanner.scan(text, 6, 6 + item.length);
  const fields = [0, 1, 2].map((n) =>
    scanner.startOf(n) < 0 ? undefined : text.slice(scanner.startOf(n), scanner.endOf(n)),
  );
  expect(fields).toEqual(['1.0', '"x"', undefined]);
});

it.each([
  ['1.0', '{"id":1.0}'],
  ['1e400', '{"id": 1e400 }'],
  ['123456789012345678', '{"x":[{"id":1}],"id":123456789012345678,"y":"}"}'],
  ['"\\u0061\\/\\""', '{"id":"\\u0061\\/\\""}'],
  ['{ "a" : [1, 2] }', '{"id":{ "a" : [1, 2] },"b":1}'],
  ['2', '{"id":1,"\\u0069d":2}'],
])('keeps the text %s as it is written', (text, json) => {
  expect(fieldText(json, fieldPath('id'))).toBe(text);
});

it('takes the longest key that leads to the field', () => {
  const path = fieldPath('a.b.c');
  expect(fieldText('{"a":{"b":{"c":1},"b.c":2},"a.b":{"c":3},"a.b.c":4}', path)).toBe('4');
  expect(fieldText('{"a":{"b":{"c":1},"b.c":2},"a.b":{"c":3}}', path)).toBe('3');
  expect(fieldText('{"a":{"b":{"c":1},"b.c":2},"a.b":{"d":3}}', path)).toBe('2');
  expect(fieldText('{"a":{"b":{"c":1}},"a.b":5}', path)).toBe('1');
});

it('reads a dot of a literal path as a part of the key', () => {
  expect(fieldText('{"kept":{"a":{"b":1}}}', literalPath('kept', 'a.b'))).toBeUndefined();
  expect(fieldText('{"kept":{"a.b":2}}', literalPath('kept', 'a.b'))).toBe('2');
});

it.each(['[{"id":1}]', '"id"', '7', 'null', '{}', '[]'])('finds no field in %s', (json) => {
  expect(fieldText(json, fieldPath('id'))).toBeUndefined();
});

it('finds a field behind a hundred dots', () => {
  const names = Array.from({ length: 101 }, (_, n) => `k${n}`);
  const json = names.reduceRight((inner, name) => `{"${name}":${inner}}`, '1');
  expect(fieldText(json, fieldPath(names.join('.')))).toBe('1');
});
