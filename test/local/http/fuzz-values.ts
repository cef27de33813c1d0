/** Values that often break servers, and requests' parts that are built of them. */
import fc from 'fast-check';

export const words = (text: string): string[] => text.split(/\s+/);

/** `@name` stands for something that exists: fuzz.test.ts replaces it with an id. */
export const biting = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '*',
    '%',
    '../..',
    '<a>&"]]>',
    '__proto__',
    'constructor',
    'true',
    'null',
    '\ud800',
    '☃',
  ),
  fc.constantFrom('-1', '0', '21', '0.5', '1e400', 'NaN', '9007199254740993', '9'.repeat(400), '2026-02-31T25:61:61Z'),
  fc.constantFrom('id', 'queue', 'bucket', 'lt-0', 'i-0', 'fleet-0', 'c7g.large', 'maintain', '1', '10'),
  fc.constantFrom('@fleet', '@receipt', '@upload', 'template', '{"a":1}', 'e30=', 'x'.repeat(3_000)),
  fc.constantFrom('\u{1F600}', 'ÿ', '\ufffe', '\r\n', '\t'),
  fc.string({ maxLength: 12 }),
);

export const number = fc.constantFrom<unknown>(0, 0, 1, 1, 2, 5, 10, 10, 20, 43_200, -1, 0.5, 1e308, 2 ** 53 - 1);

export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  biting,
  number,
  fc.constantFrom<unknown>(null, true, [], {}, [null], { a: null }, [[[]]], [{}]),
  fc.dictionary(biting, biting, { maxKeys: 3 }),
);

export const mostly = (sensible: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 15, arbitrary: sensible }, { weight: 1, arbitrary: anyJson });

/** Builds an object of some of the fields, most of them with valid values. */
export const recordOf = (
  fields: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .array(fc.oneof(...Object.entries(fields).map(([name, value]) => fc.tuple(fc.constant(name), mostly(value)))), {
      maxLength: 6,
    })
    .map((entries) => Object.fromEntries(entries));

export type Parameters = readonly (readonly [string, string])[];

/** Lone surrogates, which no URL can contain, become U+FFFD. */
export const encode = (text: string): string => encodeURIComponent(Buffer.from(text).toString());

export const formOf = (parameters: Parameters): string =>
  parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
