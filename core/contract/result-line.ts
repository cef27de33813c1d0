/** The lines of outcomes and of results files, and the metadata of outcomes, with their codecs. */
import { check, count, decode, just, object, parseJson, text } from './shape.js';

export interface ItemError {
  readonly code: string;
  readonly message: string;
}

export type ResultLine =
  | { readonly index: number; readonly ok: true; readonly output: unknown }
  | { readonly index: number; readonly ok: false; readonly error: ItemError };

/** The codes that spotpool itself gives; a model may give any other code. */
export const ITEM_ERROR_CODES = {
  /** The dataset's line could not be read. */
  badItem: 'BadItem',
  /** The model put an error in the item's place without a code. */
  modelError: 'ModelError',
  /** The slot ended, or broke the protocol, whenever this item was in it. */
  slotCrashed: 'SlotCrashed',
  protocolFault: 'ProtocolFault',
  itemTimeout: 'ItemTimeout',
  memoryExceeded: 'MemoryExceeded',
  /** An object of the dataset could not be fetched. */
  objectUnreadable: 'ObjectUnreadable',
  batchGivenUp: 'BatchGivenUp',
  /** The whole worker died each time that it had this item alone (R4). */
  workerLost: 'WorkerLost',
} as const;

export const failedLine = (index: number, error: ItemError): ResultLine => ({ index, ok: false, error });

/** The line has its newline. The order of its keys is fixed, so that equal results are equal bytes. */
export function encodeResultLine(line: ResultLine): string {
  return line.ok
    ? `{"index":${line.index},"ok":true,"output":${JSON.stringify(line.output ?? null)}}\n`
    : `{"index":${line.index},"ok":false,"error":${JSON.stringify({ code: line.error.code, message: line.error.message })}}\n`;
}

/** Encodes an output that is JSON text already, as the slot printed it. The text is not parsed on its way. */
export const encodeOutputLine = (index: number, outputJson: string): string =>
  `{"index":${index},"ok":true,"output":${outputJson}}\n`;

/** The user metadata of an outcome object, so that counts need no download. Its values are decimal strings. */
export interface OutcomeMetadata {
  readonly lease: string;
  readonly instance: string;
  readonly ok: number;
  readonly failed: number;
  readonly givenUp: boolean;
}

export function encodeOutcomeMetadata(metadata: OutcomeMetadata): Record<string, string> {
  return {
    lease: metadata.lease,
    instance: metadata.instance,
    ok: String(metadata.ok),
    failed: String(metadata.failed),
    'given-up': metadata.givenUp ? '1' : '0',
  };
}

/** The number of items that a batch can have: each item has a line in the batch's outcome. */
export interface BatchItems {
  readonly least: number;
  readonly most: number;
}

const ANY_ITEMS: BatchItems = { least: 1, most: Number.MAX_SAFE_INTEGER };

/** Returns undefined when the metadata has another form, or when its counts are negative, fractional, or not those of a batch. */
export function decodeOutcomeMetadata(
  metadata: Readonly<Record<string, string>>,
  { least, most }: BatchItems = ANY_ITEMS,
): OutcomeMetadata | undefined {
  const [ok, failed] = [countOf(metadata['ok']), countOf(metadata['failed'])];
  const { lease = '', instance = '', 'given-up': givenUp } = metadata;
  if (ok === undefined || failed === undefined || (givenUp !== '0' && givenUp !== '1')) return undefined;
  if (ok + failed < Math.max(1, least) || ok + failed > most) return undefined;
  return { lease, instance, ok, failed, givenUp: givenUp === '1' };
}

/** The number must have the form that `String(number)` writes. */
const countOf = (digits: string | undefined): number | undefined =>
  digits !== undefined && /^(0|[1-9]\d{0,14})$/.test(digits) ? Number(digits) : undefined;

/** Codes and messages come from the model: they can be as long as a line. */
const LONGEST = 64 * 1024 * 1024;

export const itemError = object<ItemError>({ code: text(LONGEST), message: text(LONGEST) });

export const decodeItemError = (json: string): ItemError | undefined => decode(itemError, json);

const failedResult = object<Extract<ResultLine, { ok: false }>>({ index: count, ok: just(false), error: itemError });
const okResult = object<{ readonly index: number; readonly ok: true }>({ index: count, ok: just(true) });

/** Decodes a line, with or without its newline. The output is parsed; to pass results on unchanged, take the text of the line instead. */
export function decodeResultLine(line: string): ResultLine | undefined {
  const value = parseJson(line);
  const failed = check(failedResult, value);
  if (failed !== undefined) return failed;
  const ok = check(okResult, value);
  return ok === undefined || !Object.hasOwn(value as object, 'output')
    ? undefined
    : { ...ok, output: (value as { readonly output: unknown }).output };
}
