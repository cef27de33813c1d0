/**
 * Appends the end of a model's log to a message, and splits the two again. The worker appends, the runner splits: it shows the model's own words first,
 * because they say why the model ended.
 */
const ONE_LINE = 'The last line of its log: ';
const LINES = 'The end of its log:\n';
/** The mark before the end of a setup command's output. */
export const OUTPUT_END = 'Its last lines:\n';
/** The mark before the commonest error of a job's failed items. */
const ERROR = 'The commonest error is ';

export function withLogEnd(message: string, lines: readonly string[]): string {
  if (lines.length === 0) return message;
  return `${message} ${lines.length === 1 ? ONE_LINE : LINES}${lines.join('\n')}`;
}

/** Adds a sentence of spotpool's before the log's words: behind them it would read as a part of the log. */
export function withSentence(message: string, sentence: string): string {
  const marks = [ONE_LINE, LINES].map((mark) => message.indexOf(` ${mark}`)).filter((at) => at >= 0);
  if (marks.length === 0) return `${message} ${sentence}`;
  const at = Math.min(...marks);
  return `${message.slice(0, at)} ${sentence}${message.slice(at)}`;
}

export const withCommonestError = (message: string, error: string): string => `${message} ${ERROR}${error}`;

export interface SplitReason {
  /** The sentences that spotpool itself wrote. */
  readonly said: string;
  /** The model's words; absent when the text has none. */
  readonly words?: string;
}

/** The last mark counts, because an error may quote a log. */
export function splitLastWords(text: string): SplitReason {
  const marks = [ONE_LINE, LINES, OUTPUT_END, ERROR].map((mark) => ({
    at: text.lastIndexOf(mark),
    length: mark.length,
  }));
  const { at, length } = marks.reduce((last, mark) => (mark.at > last.at ? mark : last));
  if (at < 0) return { said: text };
  return { said: text.slice(0, at).trim(), words: text.slice(at + length).trim() };
}
