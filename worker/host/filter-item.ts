/** The lines of a filter: what it reads for an item, and what the line that it prints is worth. */
import { isJson } from '../../core/contract/json-text.js';
import { ITEM_ERROR_CODES, type ItemError } from '../../core/contract/result-line.js';
import { MAX_SLOT_LINE_BYTES } from '../../core/contract/slot-protocol.js';

/** The worker writes exactly this before an item's text. */
const ITEM_START = /^\{"index":(\d+),"item":/;
const HALF_OF_A_PAIR = /\p{Surrogate}/u;

export interface FilterItem {
  readonly index: number;
  /** The line that the filter reads, or why there is none. */
  readonly line: string | { readonly error: ItemError };
}

/** Returns undefined when the line of the protocol is not an item's. */
export function parseFilterItem(protocolLine: string): FilterItem | undefined {
  const start = ITEM_START.exec(protocolLine);
  if (start === null) return undefined;
  return { index: Number(start[1]), line: lineOf(protocolLine.slice(start[0].length, -1)) };
}

/**
 * A text is written as it is, because that is what a filter of text expects. Any other value is written as its JSON,
 * digit for digit. JSON on one line has no line break, but it may have a carriage return between two values.
 */
function lineOf(itemJson: string): FilterItem['line'] {
  if (!itemJson.startsWith('"')) return itemJson.trim();
  const text = JSON.parse(itemJson) as string;
  if (text.includes('\n')) {
    return badItem('The item is a text with a line break, but a filter (--per-line) gets one line for each item.');
  }
  if (HALF_OF_A_PAIR.test(text)) {
    return badItem('The item is a text with half of a surrogate pair, which a line in UTF-8 cannot hold.');
  }
  return text;
}

const badItem = (message: string): { readonly error: ItemError } => ({
  error: { code: ITEM_ERROR_CODES.badItem, message },
});

/** A line that is JSON is that value, digit for digit. Any other line is a text. */
export function answerLine(index: number, printed: string): string {
  const answer = `{"index":${index},"output":${isJson(printed) ? printed : JSON.stringify(printed)}}\n`;
  if (Buffer.byteLength(answer) <= MAX_SLOT_LINE_BYTES) return answer;
  const message = 'The line that the filter printed makes an answer of more than 16 MiB.';
  return errorAnswer(index, { code: ITEM_ERROR_CODES.protocolFault, message });
}

export const errorAnswer = (index: number, error: ItemError): string => `${JSON.stringify({ index, error })}\n`;
