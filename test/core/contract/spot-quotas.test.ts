import { describe, expect, it } from 'vitest';
import { needsAsText, needsOfText, type QuotaNeed } from '../../../core/contract/spot-quotas.js';

describe('the quotas that a stack names', () => {
  it('are read back from their text', () => {
    const needs: readonly QuotaNeed[] = [
      { quota: 'g', vcpusEach: 4 },
      { quota: 'p5', vcpusEach: 16 },
    ];
    expect(needsAsText(needs)).toBe('g:4,p5:16');
    expect(needsOfText('g:4,p5:16')).toEqual(needs);
  });

  it.each(['', 'g', 'g:', 'g:0', 'g:-4', 'g:4;p:8', 'q:4', 'toString:4', 'g:4,'])('are not read from %j', (text) => {
    expect(needsOfText(text)).toBeUndefined();
  });
});
