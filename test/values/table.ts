/** Values that some programs change on the way. Each one goes through every path (values.test.ts). */

const nested = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`;

export interface TableValue {
  readonly name: string;
  /** The value as JSON text. */
  readonly text: string;
  /** True when JavaScript cannot hold or write the value. Then the item of a module fails. */
  readonly isBeyondJavaScript?: true;
}

const texts: Readonly<Record<string, string>> = {
  null: 'null',
  true: 'true',
  'an empty list': '[]',
  'an empty object': '{}',
  'the largest exact integer': '9007199254740991',
  'an integer above it': '9007199254740993',
  'a 64-bit integer': '-9223372036854775808',
  'an integer of 20 digits': '12345678901234567890',
  'an integer of 300 digits': '9'.repeat(300),
  'minus zero': '-0',
  'minus zero, nested': '{"a":[-0,-0.0,0e0]}',
  'the largest float': '1.7976931348623157e308',
  'the smallest float': '5e-324',
  'the smallest normal float': '2.2250738585072014E-308',
  'a float that is zero': '1e-400',
  'a float with zeros behind it': '[1.10,1.0,100e-2,1E+2,0.1]',
  'a float of many digits': '3.14159265358979323846264338327950288',
  'an empty text': '""',
  'NUL in a text': '"a\\u0000b"',
  'control characters': '"\\u0001\\u001f\\b\\f\\n\\r\\t\u007f\u0085"',
  'separators of lines': '"a\u2028b\u2029c\u000bd"'.replace('\u000b', '\\u000b'),
  'a byte order mark': '"\ufeffa\ufeff"',
  'U+FFFD itself': '"\ufffd"',
  'a lone surrogate': '"\\ud800"',
  'surrogates in the wrong order': '"\\udc00\\ud800 \\uD83D"',
  'a pair of surrogates, escaped': '"\\ud83d\\ude00"',
  'characters of all lengths': '"aä日🎉\u{10ffff}e\u0301"',
  'escapes that need not be': '"\\/\\u0061\\\\\\""',
  'quotes and backslashes': '"\\"\\\\\\\\\\" }, { \\"index\\":0"',
  'a long text': JSON.stringify('ä"\\'.repeat(30_000)),
  'the key __proto__': '{"__proto__":{"a":1},"constructor":{"prototype":2},"toString":3,"hasOwnProperty":4}',
  'equal keys': '{"a":1,"a":2,"\\u0061":3}',
  'an empty key': '{"":{"":0}}',
  'keys that are numbers': '{"10":1,"2":2,"b":3,"a":4,"1.0":5}',
  'a key that is a lone surrogate': '{"\\udfff":"\\udfff"}',
  'keys of the protocol': '{"index":7,"item":1,"output":2,"error":{"message":"no"},"ready":true,"flush":true}',
  'blanks between tokens': '{ "a" :\t[ 1 , 2 ] , "b" : { } }',
  'texts that look like others': '["NaN","Infinity","null","undefined","true","!{}","1e400"]',
  'nesting of 500 levels': nested(500),
};

const beyondJavaScript: Readonly<Record<string, string>> = {
  'a number beyond all floats': '1e400',
  'such a number, nested': '{"a":[-1e999]}',
  'nesting of 100,000 levels': nested(100_000),
};

export const TABLE: readonly TableValue[] = [
  ...Object.entries(texts).map(([name, text]) => ({ name, text })),
  ...Object.entries(beyondJavaScript).map(([name, text]) => ({ name, text, isBeyondJavaScript: true as const })),
];

/** Fields of a CSV file. Each is text, whatever it looks like. */
export const FIELDS: readonly string[] = [
  '',
  ' ',
  'a,b;c\td',
  '"quoted" and ""twice""',
  'two\nlines',
  '\u0000',
  '\ufeffa',
  'null',
  '-0',
  '=1+1',
  ...TABLE.map(({ text }) => text),
];
