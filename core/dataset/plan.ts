/**
 * `input/plan.jsonl` says where each batch's items are, a line a batch in order: what messages are made from, and what a lost
 * message is made anew from (R5). `input/sent.json` says how many of its messages have been sent, along the order of core/dataset/sending-order.ts.
 */
import type { BatchLocation } from '../contract/batch-message.js';
import { count, decode, object, optional, text, where } from '../contract/shape.js';

/** `sent.json` is a number. */
export const MOST_SENT_BYTES = 4 * 1024;
/** S3's longest key. */
const KEY_BYTES = 1_024;

/** With the line's newline. */
export function encodePlanLine({ batch, key, startByte, endByte, firstIndex, items }: BatchLocation): string {
  return `${JSON.stringify({ batch, key, startByte, endByte, firstIndex, items })}\n`;
}

/** Where the items of a batch are: an empty range has none, and a batch has at least one. */
const location = where(
  object<BatchLocation>({
    batch: count,
    key: text(KEY_BYTES),
    startByte: count,
    endByte: count,
    firstIndex: count,
    items: count,
  }),
  ({ startByte, endByte, items }) => endByte >= startByte && items >= 1,
);

/** `line` with or without its newline. */
export const decodePlanLine = (line: string): BatchLocation | undefined => decode(location, line);

const ORDER_CHARACTERS = 64;
const sentCount = object<{ readonly sent: number; readonly order?: string }>({
  sent: count,
  order: optional(text(ORDER_CHARACTERS)),
});

/** The first versions of spotpool sent batches in the order of the dataset, and named none. */
const ORDER = 'sample-first';

export const encodeSent = (sent: number): string => `${JSON.stringify({ sent, order: ORDER })}\n`;

/** How many have been sent, in whatever order. What cannot be read says that none was: then all are sent again, which costs a look-up each (R1). */
export const decodeSent = (json: string | Uint8Array): number => decode(sentCount, json)?.sent ?? 0;

/** How many of them, along the order of today, need not be sent again. A batch that is sent twice costs a look-up (R1). */
export const decodeSentInOrder = (json: string | Uint8Array): number => {
  const read = decode(sentCount, json);
  return read?.order === ORDER ? read.sent : 0;
};
