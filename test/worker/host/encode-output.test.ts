import fc from 'fast-check';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { encodeOutput, type NanRule } from '../../../worker/host/encode-output.js';

const encoded = (output: unknown, nan: NanRule = 'error'): string => encodeOutput(output, nan);

/** The list makes the writer write text that `JSON.stringify` would write otherwise. */
const written = (output: unknown): string => encoded([Uint8Array.of(), output]).slice('[[],'.length, -1);

class Opaque {
  readonly #hidden = 1;
  get hidden(): number {
    return this.#hidden;
  }
}

class Fields {
  readonly scores: readonly number[];
  constructor(...scores: readonly number[]) {
    this.scores = scores;
  }
}

describe('an output', () => {
  it('is written as JSON.stringify writes it where JSON can express it', () => {
    const ordinary = fc.jsonValue({ maxDepth: 6 }).filter((value) => !JSON.stringify(value).includes('-0'));
    fc.assert(
      fc.property(ordinary, (value) => {
        // JSON.stringify turns -0 into 0, so its text has no -0.
        const text = JSON.stringify(value);
        const plain = JSON.parse(text) as unknown;
        expect([encoded(plain), written(plain)]).toEqual([text, text]);
      }),
    );
  });

  it('is read back as the same value, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false, maxDepth: 6 }), (text) => {
        const value = JSON.parse(text) as unknown;
        expect(JSON.parse(encoded(value))).toStrictEqual(value);
      }),
    );
  });

  it.each([
    ['a Float32Array', Float32Array.of(0.5, -2, 3), '[0.5,-2,3]'],
    [
      'nested typed arrays',
      { a: [Uint8Array.of(1, 2)], b: { c: new Float64Array(2) } },
      '{"a":[[1,2]],"b":{"c":[0,0]}}',
    ],
    ['a Buffer', { bytes: Buffer.from('ab') }, '{"bytes":[97,98]}'],
    ['a view of a part', new Uint16Array(Uint8Array.of(1, 0, 2, 0, 3, 0).buffer, 2, 1), '[2]'],
    ['a BigInt', { id: 12345678901234567890n }, '{"id":12345678901234567890}'],
    ['a BigInt64Array', BigInt64Array.of(-1n, 2n ** 62n), '[-1,4611686018427387904]'],
    ['-0', { a: -0, b: [0, -0] }, '{"a":-0,"b":[0,-0]}'],
    ['a Date', { at: new Date(0), n: -0 }, '{"at":"1970-01-01T00:00:00.000Z","n":-0}'],
    ['a URL', new URL('http://a.example/'), '"http://a.example/"'],
    ['an object with fields of a class', [new Fields(0.5), -0], '[{"scores":[0.5]},-0]'],
    ['a field that is undefined', { a: undefined, b: new Uint8Array(1) }, '{"b":[0]}'],
    ['the key __proto__', JSON.parse('{"__proto__":{"a":-0}}'), '{"__proto__":{"a":-0}}'],
    ['a lone surrogate', ['\ud800', -0], '["\\ud800",-0]'],
    ['boxed values', [new Number(1), new String('a'), new Boolean(false)], '[1,"a",false]'],
    [
      'an object of another realm',
      vm.runInNewContext('({ a: [1, { b: new Float32Array(1) }] })'),
      '{"a":[1,{"b":[0]}]}',
    ],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
    ['the same object twice', ((one) => [one, one])({ a: -0 }), '[{"a":-0},{"a":-0}]'],
  ])('may be %s', (_what, output, text) => {
    expect(encoded(output)).toBe(text);
  });

  it.each([
    ['NaN', { scores: [1, 2, 3, Number.NaN] }, 'output.scores[3] is NaN; give null, or submit the job with --nan null'],
    ['an infinity', -Infinity, 'output is -Infinity'],
    ['NaN in a typed array', { 'a b': Float32Array.of(0, Number.NaN) }, 'output["a b"][1] is NaN'],
    ['undefined', undefined, 'output is undefined'],
    ['undefined in a list', { a: [1, undefined] }, 'output.a[1] is undefined'],
    ['a hole', Object.assign(new Array(3), { 0: 1, 2: 2 }), 'output[1] is undefined'],
    ['a Map', { m: new Map([[1, 2]]) }, 'output.m is a Map'],
    ['a Set', [new Set([1])], 'output[0] is a Set'],
    ['an ArrayBuffer', { b: new ArrayBuffer(2) }, 'output.b is an ArrayBuffer'],
    ['a SharedArrayBuffer', new SharedArrayBuffer(2), 'output is an ArrayBuffer'],
    ['a DataView', new DataView(new ArrayBuffer(2)), 'output is a DataView'],
    ['a nested promise', { a: { b: Promise.resolve(1) } }, 'output.a.b is a promise; await it'],
    ['a nested error', { why: Object.assign(new Error('no'), { code: 'E' }) }, 'output.why is an Error'],
    ['a function', { f: () => 1 }, 'output.f is a function'],
    ['a symbol', { s: Symbol('s') }, 'output.s is a symbol'],
    [
      'the arguments of a function',
      vm.runInThisContext('(function () { return arguments; })(1, 2)'),
      'output is an arguments object; [...arguments] is JSON',
    ],
    ['a regular expression', /a/, 'output is a regular expression'],
    ['a date that is none', { at: new Date(Number.NaN) }, 'output.at is an invalid Date'],
    ['an object that keeps what it holds', { o: new Opaque() }, 'output.o is an object of the class Opaque'],
    ['an iterator', [1].values(), 'output is an object'],
    ['the parameters of a URL', new URLSearchParams('a=1'), 'output is an object of the class URLSearchParams'],
  ])('is refused with its place when it is %s', (_what, output, message) => {
    expect(() => encoded(output)).toThrow(message);
  });

  it('may not contain itself or be nested without end', () => {
    const cycle: Record<string, unknown> = { a: [{}] };
    (cycle['a'] as unknown[])[1] = cycle;
    expect(() => encoded(cycle)).toThrow('output.a[1] is circular: it contains itself');
    const depth = 1_000_000;
    expect(() => encoded(JSON.parse('['.repeat(depth) + ']'.repeat(depth)))).toThrow('output is nested too deeply');
  });

  it('has null for NaN and the infinities if the job asks for it, and for nothing else', () => {
    const output = { a: Number.NaN, b: [Infinity, Float32Array.of(-Infinity, 1)], c: -0 };
    expect(encoded(output, 'null')).toBe('{"a":null,"b":[null,[null,1]],"c":-0}');
    expect(encoded(Number.NaN, 'null')).toBe('null');
    expect(() => encoded({ m: new Map() }, 'null')).toThrow('output.m is a Map');
  });

  it('is refused with its place and the reason when its own toJSON or getter throws', () => {
    const output = {
      toJSON: () => {
        throw new RangeError('not today');
      },
    };
    expect(() => encoded({ a: output })).toThrow('output.a cannot be read: not today');
    const withGetter = {
      get score(): number {
        throw Object.create(null);
      },
    };
    expect(() => encoded([withGetter])).toThrow('output[0].score cannot be read: an object without a text');
  });
});
