import { describe, expect, it } from 'vitest';
import { splitLastWords, withLogEnd, withSentence } from '../../../core/contract/last-words.js';

const ENDED = "The model's process ended by itself (exit code 1).";

describe('a message about a model that ended', () => {
  it.each([
    ['a line of its log', ['Error: no weights']],
    ['several lines of its log', ['Traceback:', 'ValueError: no weights']],
  ])('stands before %s, and the log keeps the last word', (_, lines) => {
    const text = withSentence(withLogEnd(ENDED, lines), 'The model is loaded again.');
    expect(splitLastWords(text)).toEqual({ said: `${ENDED} The model is loaded again.`, words: lines.join('\n') });
  });

  it('gets the sentence at its end when there is no log', () => {
    expect(withSentence(ENDED, 'The model is loaded again.')).toBe(`${ENDED} The model is loaded again.`);
  });

  it('does not get the sentence inside a log that quotes such a message', () => {
    const text = withSentence(withLogEnd(ENDED, ['it said: The last line of its log: x']), 'Again.');
    expect(text.startsWith(`${ENDED} Again. The last line of its log: it said:`)).toBe(true);
  });
});
