import { describe, expect, it } from 'vitest';
import { encodeFlushLine, encodeItemLine, MAX_SLOT_LINE_BYTES } from '../../../core/contract/slot-protocol.js';
import { answerLine, parseFilterItem } from '../../../worker/host/filter-item.js';

const itemOf = (json: string): unknown => parseFilterItem(encodeItemLine(3, json).trimEnd())?.line;

describe('a filter', () => {
  it.each([
    ['a text without its quotes', '"say \\"hi\\" \\u00e4\\t"', 'say "hi" ä\t'],
    ['an empty text as an empty line', '""', ''],
    ['a text that looks like JSON', '"{\\"a\\":1}"', '{"a":1}'],
    ['a number with all its digits', '12345678901234567890', '12345678901234567890'],
    ['an object, as it stands in the dataset', '{"b": 1.0, "a": [1e400]}', '{"b": 1.0, "a": [1e400]}'],
    ['null', 'null', 'null'],
  ])('reads %s', (_what, json, line) => {
    expect(itemOf(json)).toBe(line);
  });

  it.each([
    ['several lines', '"a\\nb"', 'with a line break'],
    ['half of a surrogate pair', '"\\ud800"', 'half of a surrogate pair'],
  ])('is not given a text of %s', (_what, json, message) => {
    expect(itemOf(json)).toMatchObject({
      error: { code: 'BadItem', message: expect.stringContaining(message) as string },
    });
  });

  it('is given no line for a flush', () => {
    expect(parseFilterItem(encodeFlushLine('job', true).trimEnd())).toBeUndefined();
  });

  it.each([
    ['{"a": 1.0}', '{"a": 1.0}'],
    ['007', '"007"'],
    ['1.50', '1.50'],
    ['', '""'],
    ['NaN', '"NaN"'],
    ['it said "no"', '"it said \\"no\\""'],
  ])('prints %j, which is %s', (printed, output) => {
    expect(answerLine(3, printed)).toBe(`{"index":3,"output":${output}}\n`);
  });

  it('fails the item whose text does not fit in an answer', () => {
    const line = answerLine(3, '"'.repeat(MAX_SLOT_LINE_BYTES - 100));
    expect(JSON.parse(line)).toMatchObject({ index: 3, error: { code: 'ProtocolFault' } });
  });
});
