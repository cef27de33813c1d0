/**
 * The model's protocol (docs/reference/protocol.md): the lines that the worker writes to a slot, and the meaning of a line that the slot prints. An output is
 * kept as the JSON text that the slot printed, so that no number loses a digit on its way.
 */
import { findNotANumber, isJson, memberText, describeNotANumber } from './json-text.js';
import { ITEM_ERROR_CODES, type ItemError } from './result-line.js';
import { definedFields } from '../defined-fields.js';
import { shorten } from '../shorten.js';

/** A longer line is a protocol fault; it bounds what one output can cost in memory. */
export const MAX_SLOT_LINE_BYTES = 16 * 1024 * 1024;
/** An error's message becomes part of the result: enough for a stack trace, too little for a dump. */
const MAX_ERROR_MESSAGE_LENGTH = 4_096;
const MAX_ERROR_CODE_LENGTH = 128;
/** A fault shows this much of the line. */
const SHOWN_LENGTH = 200;

export const encodeItemLine = (index: number, itemJson: string): string => `{"index":${index},"item":${itemJson}}\n`;

/**
 * Encodes the end of a slice. The job is for the log and the context of the model; models may ignore it. With `after` the model begins the slice only
 * when all earlier items are answered; only models that print `"ahead":true` get it.
 */
export const encodeFlushLine = (job: string, after = false): string =>
  `{"flush":true,"job":${JSON.stringify(job)}${after ? ',"after":true' : ''}}\n`;

/** The limits that a model names when it is ready. An undefined limit means that there is none. */
export interface SlotLimits {
  readonly maxSliceItems: number | undefined;
  /** The most slices that it works on at once. */
  readonly maxConcurrency: number | undefined;
  /** The model accepts a slice before it has answered the previous one. */
  readonly takesAhead: boolean;
  /** How many seconds of work a slice has, for models to which each slice costs a start; a second when it is undefined. */
  readonly sliceSeconds?: number;
}

export type SlotLine =
  | ({ readonly kind: 'ready' } & SlotLimits)
  | { readonly kind: 'output'; readonly index: number; readonly outputJson: string }
  | { readonly kind: 'error'; readonly index: number; readonly error: ItemError }
  /** The model reports something that a person should see. */
  | { readonly kind: 'event'; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string };

/** JSON allows only these four characters between tokens; `\s` would accept a byte order mark, too. */
const OUTPUT_START =
  /^[ \t\r\n]*\{[ \t\r\n]*"index"[ \t\r\n]*:[ \t\r\n]*(0|[1-9]\d{0,14})[ \t\r\n]*,[ \t\r\n]*"output"[ \t\r\n]*:[ \t\r\n]*/;
const END = /[ \t\r\n]*\}[ \t\r\n]*$/;

export function parseSlotLine(line: string): SlotLine {
  return parseOutput(line) ?? parseAny(line);
}

/** Checks an ordinary line in one pass: the text between the start and the last brace must be JSON by itself. */
function parseOutput(line: string): SlotLine | undefined {
  const start = OUTPUT_START.exec(line);
  const end = start === null ? null : END.exec(line.slice(-MAX_TAIL));
  if (start === null || end === null) return undefined;
  const outputJson = line.slice(start[0].length, line.length - end[0].length);
  if (!isJson(outputJson)) return undefined;
  return { kind: 'output', index: Number(start[1]), outputJson };
}

/** The last brace is searched only at the end of a line, because the pattern would be slow on megabytes of spaces. */
const MAX_TAIL = 16;

function parseAny(line: string): SlotLine {
  const value = parseJson(line)?.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return noObject(line);
  const fields = value as Record<string, unknown>;
  const { index, error } = fields;
  if (fields['ready'] === true && index === undefined) return parseReady(fields, line);
  if (typeof fields['event'] === 'string' && index === undefined) {
    return { kind: 'event', message: shorten(fields['event'], MAX_ERROR_MESSAGE_LENGTH) };
  }
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0)
    return fault(line, 'no "index" that is a whole number');
  const outputJson = memberText(line, 'output');
  // Many programs always write both members, one of them null: a null error means that there is none.
  if (outputJson !== undefined && (error === undefined || error === null)) return { kind: 'output', index, outputJson };
  if ((outputJson !== undefined && fields['output'] !== null) || typeof error !== 'object' || error === null) {
    return fault(line, 'neither one "output" nor one "error" of the form {"code":…,"message":…}');
  }
  const { code, message } = error as Record<string, unknown>;
  if (typeof message !== 'string') return fault(line, 'an "error" without a "message"');
  return { kind: 'error', index, error: boundedError(code, message) };
}

/** Gives an error a code if it has none, and shortens it to the allowed lengths. */
function boundedError(code: unknown, message: string): ItemError {
  const known = typeof code === 'string' && code !== '' ? code : ITEM_ERROR_CODES.modelError;
  return { code: shorten(known, MAX_ERROR_CODE_LENGTH), message: shorten(message, MAX_ERROR_MESSAGE_LENGTH) };
}

/** Returns a line as a fault shows it: quoted and shortened. */
export const showLine = (line: string): string => JSON.stringify(shorten(line, SHOWN_LENGTH));

function parseReady(fields: Record<string, unknown>, line: string): SlotLine {
  const [maxSliceItems, maxConcurrency] = LIMITS.map((name) => fields[name] ?? undefined);
  if (!isLimit(maxSliceItems)) return fault(line, 'a "maxSliceItems" that is not a whole number above 0');
  if (!isLimit(maxConcurrency)) return fault(line, 'a "maxConcurrency" that is not a whole number above 0');
  const sliceSeconds = fields['sliceSeconds'] ?? undefined;
  if (!isSeconds(sliceSeconds)) return fault(line, 'a "sliceSeconds" that is not a number above 0');
  const takesAhead = fields['ahead'] === true;
  return { kind: 'ready', maxSliceItems, maxConcurrency, takesAhead, ...definedFields({ sliceSeconds }) };
}

const LIMITS = ['maxSliceItems', 'maxConcurrency'] as const;

const isLimit = (value: unknown): value is number | undefined =>
  value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1);

const isSeconds = (value: unknown): value is number | undefined =>
  value === undefined || (typeof value === 'number' && value > 0);

function noObject(line: string): SlotLine {
  const notANumber = findNotANumber(line);
  if (notANumber !== undefined) {
    return { kind: 'fault', message: `${showLine(line)} (not JSON: ${describeNotANumber(notANumber)})` };
  }
  if (line.startsWith(BYTE_ORDER_MARK))
    return fault(line, 'it begins with a byte order mark, which JSON does not allow');
  return fault(line, 'no JSON object');
}

const BYTE_ORDER_MARK = '\ufeff';

function fault(line: string, why: string): SlotLine {
  return { kind: 'fault', message: `${showLine(line)} (${why}; a model writes its log to standard error)` };
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
