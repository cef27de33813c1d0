import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFlushLine, encodeItemLine, parseSlotLine } from '../../core/slot-protocol.js';

const faultOf = (line: string): string => {
  const parsed = parseSlotLine(line);
  return parsed.kind === 'fault' ? parsed.message : `no fault but ${parsed.kind}`;
};

describe('a line of a slot', () => {
  it('gives the output as the very text that was printed, for any JSON', () => {
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

  it.each([
    ['{"output":[1],"index":4}', { kind: 'output', index: 4, outputJson: '[1]' }],
    ['{"index":4,"output":{"a":1},"note":"x"}', { kind: 'output', index: 4, outputJson: '{"a":1}' }],
    ['{"index":4,"output":1,"output":2}', { kind: 'output', index: 4, outputJson: '2' }],
    ['{"index":4,"error":{"code":"C","message":"m"}}', { kind: 'error', index: 4, error: { code: 'C', message: 'm' } }],
    ['{"index":4,"error":{"message":"m"}}', { kind: 'error', index: 4, error: { code: 'ModelError', message: 'm' } }],
    ['{"ready":true}', { kind: 'ready', takesAhead: false }],
    ['{"ready": true, "maxSliceItems": 8}', { kind: 'ready', maxSliceItems: 8, takesAhead: false }],
    ['{"ready":true,"maxConcurrency":2}', { kind: 'ready', maxConcurrency: 2, takesAhead: false }],
    ['{"ready":true,"maxSliceItems":null,"ahead":false}', { kind: 'ready', takesAhead: false }],
    ['{"ready":true,"ahead":true}', { kind: 'ready', takesAhead: true }],
  ])('may be written in other ways: %s', (line, parsed) => {
    expect(parseSlotLine(line)).toEqual(parsed);
  });

  it.each([
    ['', 'no JSON object'],
    ['[1]', 'no JSON object'],
    ['{"index":1,"output":NaN}', 'no JSON object'],
    ['{"index":1,"output":1', 'no JSON object'],
    ['{"index":1.5,"output":1}', 'no "index"'],
    ['{"index":-1,"output":1}', 'no "index"'],
    ['{"index":1}', 'neither'],
    ['{"index":1,"error":"text"}', 'neither'],
    ['{"index":1,"error":{"code":"C"}}', 'without a "message"'],
    ['{"ready":true,"maxSliceItems":0}', 'maxSliceItems'],
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

  it('does not take long to be found faulty, whatever it holds', () => {
    expect(faultOf(`{"index":1,"output":1${' '.repeat(1_000_000)}`)).toContain('no JSON object');
  });
});

describe('what a slot is told', () => {
  it('is one line each', () => {
    expect(encodeItemLine(17, '{"a":"b"}')).toBe('{"index":17,"item":{"a":"b"}}\n');
    expect(encodeFlushLine('job "x"')).toBe('{"flush":true,"job":"job \\"x\\""}\n');
  });
});
