/** Examines the first lines of a text to find its format. */
import { findNotANumber, isJson } from '../../core/contract/json-text.js';

/** The most lines to examine. */
const MOST_LINES = 100;

/** A bracket alone is not enough, because a line of a log may begin with one: "[INFO] started". */
const DOCUMENT_START = /^\s*([[{]\s*$|\[\s*[[{"]|\{\s*")/;

/** The text must be decoded as Latin-1, in which all bytes are valid. The characters that are searched are ASCII. */
export class FirstLines {
  readonly carriageReturns: boolean;
  /** The lines that are not blank, without an incomplete last line. */
  readonly lines: readonly string[];
  /** The number of lines that are JSON, or would be JSON without NaN. */
  readonly jsonLines: number;
  readonly objects: number;

  readonly #text: string;
  readonly #whole: boolean;

  constructor(text: string, whole: boolean) {
    this.#text = text;
    this.#whole = whole;
    this.carriageReturns = text.includes('\r') && !text.includes('\n') && !isJson(text);
    const lines = text.split(this.carriageReturns ? '\r' : /\r?\n/, MOST_LINES + 1);
    const complete = whole && lines.length <= MOST_LINES ? lines : lines.slice(0, -1);
    this.lines = complete.filter((line) => /[^ \t\r]/.test(line));
    const json = this.lines.filter((line) => isJson(line) || findNotANumber(line) !== undefined);
    this.jsonLines = json.length;
    this.objects = json.filter((line) => line.trimStart().startsWith('{')).length;
  }

  /** True when there is nothing that could show a format. */
  get isBlank(): boolean {
    return this.#whole && this.lines.length === 0;
  }

  get isArray(): boolean {
    return /^\s*\[/.test(this.#text);
  }

  /** True when several lines are JSON, each of them. */
  get isLinesOfJson(): boolean {
    return this.lines.length > 1 && this.jsonLines === this.lines.length;
  }

  /** True when the text is one JSON document over many lines, or an array on one line. */
  get isDocument(): boolean {
    const [first] = this.lines;
    if (first === undefined) return !this.#whole && /^\s*\[/.test(this.#text);
    if (isJson(first)) return this.lines.length === 1 && this.#whole && first.trimStart().startsWith('[');
    return DOCUMENT_START.test(first) && this.lines.length > 1 && this.jsonLines < this.lines.length / 2;
  }
}
