import { describe, expect, it } from 'vitest';
import { formatItems, parseItems } from '../../../core/rerun/item-ranges.js';

describe('the items that --items names', () => {
  it('are indexes and ranges, and the same items give the same text', () => {
    expect(formatItems(parseItems('30-20, 17') ?? [])).toBe('');
    expect(formatItems(parseItems('17, 20-30,18') ?? [])).toBe('17-18,20-30');
    expect(formatItems(parseItems('0') ?? [])).toBe('0');
  });

  it.each(['', ',', '1,', '-1', '1-', '1-2-3', '3-1', '1.5', 'a', '1e3', '1234567890123456'])(
    'cannot be "%s"',
    (text) => {
      expect(parseItems(text)).toBeUndefined();
    },
  );
});
