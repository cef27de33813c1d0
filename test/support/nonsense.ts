/** Invalid contents for our objects: bodies that are no JSON object, and values that are almost right. */

const deep = (levels: number): string => `${'[{"a":'.repeat(levels)}1${'}]'.repeat(levels)}`;

/** The bodies have names, so that a failed test says which one it read. */
export const NONSENSE: ReadonlyMap<string, string | Uint8Array> = new Map<string, string | Uint8Array>([
  ['nothing', ''],
  ['a line feed', '\n'],
  ['no JSON', 'not JSON'],
  ['half an object', '{"instance":"i-1","at'],
  ['null', 'null'],
  ['a number', '17'],
  ['a number that is none', 'NaN'],
  ['a number without end', '1e999'],
  ['true', 'true'],
  ['a text', '"text"'],
  ['an empty list', '[]'],
  ['a list of lists', '[[],[[]]]'],
  ['an empty object', '{}'],
  ['an object of other fields', '{"a":1,"b":{"c":null}}'],
  ['a prototype', '{"__proto__":{"instance":"i-1","phase":"busy","slots":1},"constructor":{"prototype":{}}}'],
  ['a deep value', deep(100_000)],
  ['an endless text', JSON.stringify({ instance: 'i-1', message: 'x'.repeat(2_000_000) })],
  ['very many fields', `{${Array.from({ length: 50_000 }, (_, index) => `"f${index}":0`).join(',')}}`],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])],
  ['a byte order mark', '\ufeff{}'],
  ['NUL', '\0\0\0'],
  ['gzip', new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])],
]);

/** Wrong values for a field. */
export const WRONG_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e300,
  '',
  'x'.repeat(300_000),
  '\u001b]52;c;aGk=\u0007',
  '../../x',
  '__proto__',
  [],
  [null],
  {},
  { toString: 1 },
];

/** Variants of an object. In each one another field is wrong or missing. */
export function withWrongFields(whole: object): readonly object[] {
  return Object.keys(whole).flatMap((field) => [
    ...WRONG_VALUES.map((wrong) => ({ ...whole, [field]: wrong })),
    Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field)),
  ]);
}
