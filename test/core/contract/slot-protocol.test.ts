import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFlushLine, encodeItemLine, parseSlotLine } from '../../../core/contract/slot-protocol.js';

const faultOf = (line: string): string => {
  const parsed = parseSlotLine(line);
  return parsed.kind === 'fault' ? parsed.message : `no fault but ${parsed.kind}`;
};

describe('a line of a slot', () => {
  it('keeps the text of an output as it was printed, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.constantFrom('', ' '), (output, index, space) => {
        const outputJson = JSON.stringify(output);
        const line = `{"index":${space}${index},${space}"output":${space}${outputJson}}`;
        expect(parseSlotLine(line)).toEqual({ kind: 'output', index, outputJson });
      }),
    );
  });

  it('keeps digits that JavaScript would round', () => {
    expect(parseSlotLine('{"index":1,"output":[9007199254740993, 1.10]}')).toMatchObject({
      outputJson: '[9007199254740993, 1.10]',
    });
  });

  it('keeps the text of the output, whatever the order of the fields and whatever other fields there are', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('in"dex', '__proto__', 'note', 'ou\\tput', '\u2028'));
    const beside = fc.array(fc.tuple(name, fc.jsonValue()), { maxLength: 3 });
    const space = fc.constantFrom('', ' ', '\t', ' \r ');
    const outputs = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.constantFrom(
        '12345678901234567890',
        '{"10": 1,"2":1e400}',
        '-0',
        '"}\\"{"',
        '[ 1.10 ]',
        '{"a":1,"a":2}',
        '"\\ud800"',
      ),
    );
    fc.assert(
      fc.property(
        outputs,
        fc.nat(),
        beside,
        beside,
        space,
        fc.boolean(),
        (outputJson, index, before, after, gap, isLast) => {
          const others = (list: readonly [string, unknown][]): string[] =>
            list
              .filter(([key]) => !['index', 'output', 'error'].includes(key))
              .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
          const members = [...others(before), `"index":${index}`, ...others(after)];
          members.splice(isLast ? members.length : 0, 0, `${gap}"output"${gap}:${gap}${outputJson}${gap}`);
          expect(parseSlotLine(`${gap}{${members.join(`,${gap}`)}}`)).toEqual({ kind: 'output', index, outputJson });
        },
      ),
    );
  });

  it.each([
    ['{"output":12345678901234567890,"index":4}', '12345678901234567890'],
    ['{"index":4,"output":{"10":1,"2":1.0},"took":3}', '{"10":1,"2":1.0}'],
    ['{"index":4,"output":1,"output":2.0}', '2.0'],
    ['{"index":4,"\\u006futput":1.0}', '1.0'],
    ['{"took":{"output":1},"index":4.0,"output": "\\"}" }', '"\\"}"'],
  ])('is never written anew: %s', (line, outputJson) => {
    expect(parseSlotLine(line)).toEqual({ kind: 'output', index: 4, outputJson });
  });

  it.each([
    ['{"output":[1],"index":4}', { kind: 'output', index: 4, outputJson: '[1]' }],
    ['{"index":4,"output":1.0,"error":null}', { kind: 'output', index: 4, outputJson: '1.0' }],
    [
      '{"index":4,"output":null,"error":{"message":"no"}}',
      { kind: 'error', index: 4, error: { code: 'ModelError', message: 'no' } },
    ],
    ['{"index":4,"output":{"a":1},"note":"x"}', { kind: 'output', index: 4, outputJson: '{"a":1}' }],
    ['{"index":4,"output":1,"output":2}', { kind: 'output', index: 4, outputJson: '2' }],
    ['{"index":4,"error":{"code":"C","message":"m"}}', { kind: 'error', index: 4, error: { code: 'C', message: 'm' } }],
    ['{"index":4,"error":{"message":"m"}}', { kind: 'error', index: 4, error: { code: 'ModelError', message: 'm' } }],
    ['{"event":"smaller calls"}', { kind: 'event', message: 'smaller calls' }],
    ['{"ready":true}', { kind: 'ready', takesAhead: false }],
    ['{"index":0,"output":1.0,"ready":true}', { kind: 'output', index: 0, outputJson: '1.0' }],
    ['{"ready": true, "maxSliceItems": 8}', { kind: 'ready', maxSliceItems: 8, takesAhead: false }],
    ['{"ready":true,"maxConcurrency":2}', { kind: 'ready', maxConcurrency: 2, takesAhead: false }],
    ['{"ready":true,"maxSliceItems":null,"ahead":false}', { kind: 'ready', takesAhead: false }],
    ['{"ready":true,"ahead":true}', { kind: 'ready', takesAhead: true }],
    ['{"ready":true,"sliceSeconds":2.5}', { kind: 'ready', takesAhead: false, sliceSeconds: 2.5 }],
    ['{"ready":true,"sliceSeconds":null}', { kind: 'ready', takesAhead: false }],
  ])('may be written in other ways: %s', (line, parsed) => {
    expect(parseSlotLine(line)).toEqual(parsed);
  });

  it.each([
    ['', 'no JSON object'],
    ['[1]', 'no JSON object'],
    ['{"index":1,"output":NaN}', "not JSON: it holds NaN (in output), which JSON has no number for. Python's"],
    ['{"index":1,"output":{"NaN":[-Infinity, NaN]}}', 'not JSON: it holds -Infinity (in output.NaN[0]), '],
    ['{"index":1,"output":NaN', 'no JSON object'],
    ['\ufeff{"index":1,"output":1}', 'byte order mark'],
    ['{"index":1,"output":\u00a01}', 'no JSON object'],
    ['{"index":01,"output":1}', 'no JSON object'],
    ['{"index":1,"output":1', 'no JSON object'],
    ['{"index":1.5,"output":1}', 'no "index"'],
    ['{"index":-1,"output":1}', 'no "index"'],
    ['{"index":1}', 'neither'],
    ['{"index":1,"error":"text"}', 'neither'],
    ['{"index":1,"error":{"code":"C"}}', 'without a "message"'],
    ['{"ready":true,"maxSliceItems":0}', 'maxSliceItems'],
    ['{"ready":true,"sliceSeconds":0}', 'sliceSeconds'],
    ['{"ready":true,"sliceSeconds":"1"}', 'sliceSeconds'],
    ['{"ready":true,"maxConcurrency":"all"}', 'maxConcurrency'],
  ])('is a fault that is shown: %s', (line, why) => {
    expect(faultOf(line)).toContain(why);
    expect(faultOf(line)).toContain(JSON.stringify(line));
  });

  it('is shown shortened, and an error’s message is bounded', () => {
    expect(faultOf('x'.repeat(1_000_000)).length).toBeLessThan(500);
    const parsed = parseSlotLine(JSON.stringify({ index: 1, error: { code: 'C', message: 'm'.repeat(100_000) } }));
    expect(parsed.kind === 'error' && parsed.error.message.length).toBeLessThan(5_000);
  });

  it('is found faulty quickly, whatever it holds', () => {
    expect(faultOf(`{"index":1,"output":1${' '.repeat(1_000_000)}`)).toContain('no JSON object');
  });
});

describe('the lines for a slot', () => {
  it('are one line each', () => {
    expect(encodeItemLine(17, '{"a":"b"}')).toBe('{"index":17,"item":{"a":"b"}}\n');
    expect(encodeFlushLine('job "x"')).toBe('{"flush":true,"job":"job \\"x\\""}\n');
  });
});
