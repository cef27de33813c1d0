/** Result lines: what an outcome and the results file are made of. */

export interface ItemError {
  readonly code: string;
  readonly message: string;
}

export type ResultLine =
  | { readonly index: number; readonly ok: true; readonly output: unknown }
  | { readonly index: number; readonly ok: false; readonly error: ItemError };

/** The codes that spotpool itself gives; a model may give any other. */
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
} as const;

export const failedLine = (index: number, error: ItemError): ResultLine => ({ index, ok: false, error });

/** With the line's newline; key order is fixed so that equal results are equal bytes. */
export function encodeResultLine(line: ResultLine): string {
  return line.ok
    ? `{"index":${line.index},"ok":true,"output":${JSON.stringify(line.output ?? null)}}\n`
    : `{"index":${line.index},"ok":false,"error":${JSON.stringify({ code: line.error.code, message: line.error.message })}}\n`;
}

/** A result whose output is already JSON text, as the slot printed it: never parsed on its way. */
export const encodeOutputLine = (index: number, outputJson: string): string =>
  `{"index":${index},"ok":true,"output":${outputJson}}\n`;

/** User metadata of an outcome object, so that counts need no download. Values are decimal strings. */
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

export function decodeOutcomeMetadata(metadata: Readonly<Record<string, string>>): OutcomeMetadata {
  return {
    lease: metadata['lease'] ?? '',
    instance: metadata['instance'] ?? '',
    ok: Number(metadata['ok'] ?? 0),
    failed: Number(metadata['failed'] ?? 0),
    givenUp: metadata['given-up'] === '1',
  };
}
