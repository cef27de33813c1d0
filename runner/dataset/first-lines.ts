/** Judges the first lines of a text. */
import { findNotANumber, isJson } from '../../core/contract/json-text.js';

/** Lines that are looked at. */
const MOST_LINES = 100;

/** A log's line may begin with a bracket, too: "[INFO] started". */
const DOCUMENT_START = /^\s*([[{]\s*$|\[\s*[[{"]|\{\s*")/;

/** The text is read as Latin-1: any bytes are valid there, and the searched characters are ASCII. */
export class FirstLines {
  readonly carriageReturns: boolean;
  /** Those that are not blank, the one that the sample cuts off left out. */
  readonly lines: readonly string[];
  /** Lines that are JSON, or would be without NaN. */
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

  /** One JSON document over many lines, or an array of items on one. */
  get isDocument(): boolean {
    const [first] = this.lines;
    if (first === undefined) return !this.#whole && /^\s*\[/.test(this.#text);
    if (isJson(first)) return this.lines.length === 1 && this.#whole && first.trimStart().startsWith('[');
    return DOCUMENT_START.test(first) && this.lines.length > 1 && this.jsonLines < this.lines.length / 2;
  }
}
