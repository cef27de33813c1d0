/**
 * The end of a model's log behind a sentence about its end, and the way back: people are shown the model's own words first, because they
 * say why. The worker puts the words there, the runner finds them.
 */
const ONE_LINE = 'The last line of its log: ';
const LINES = 'The end of its log:\n';
/** The same of a setup command's output. */
export const OUTPUT_END = 'Its last lines:\n';
/** The commonest error of a job's failed items. */
const ERROR = 'The commonest error is ';

export function withLogEnd(message: string, lines: readonly string[]): string {
  if (lines.length === 0) return message;
  return `${message} ${lines.length === 1 ? ONE_LINE : LINES}${lines.join('\n')}`;
}

/** One more sentence of ours, before the log's words: behind them it would read as one of theirs. */
export function withSentence(message: string, sentence: string): string {
  const marks = [ONE_LINE, LINES].map((mark) => message.indexOf(` ${mark}`)).filter((at) => at >= 0);
  if (marks.length === 0) return `${message} ${sentence}`;
  const at = Math.min(...marks);
  return `${message.slice(0, at)} ${sentence}${message.slice(at)}`;
}

export const withCommonestError = (message: string, error: string): string => `${message} ${ERROR}${error}`;

export interface SplitReason {
  /** Spotpool's own sentences. */
  readonly said: string;
  /** The model's words; absent when there are none. */
  readonly words?: string;
}

/** The last of the marks counts: an error may tell of a log. */
export function splitLastWords(text: string): SplitReason {
  const marks = [ONE_LINE, LINES, OUTPUT_END, ERROR].map((mark) => ({
    at: text.lastIndexOf(mark),
    length: mark.length,
  }));
  const { at, length } = marks.reduce((last, mark) => (mark.at > last.at ? mark : last));
  if (at < 0) return { said: text };
  return { said: text.slice(0, at).trim(), words: text.slice(at + length).trim() };
}
