/**
 * `input/plan.jsonl` has a line per batch, in order, with the place of its items. Messages are made from it, and lost messages are made anew from it (R5).
 * `input/sent.json` counts the messages that have been sent, in the order of core/dataset/sending-order.ts.
 */
import type { BatchLocation } from '../contract/batch-message.js';
import { count, decode, object, optional, text, where } from '../contract/shape.js';

/** `sent.json` holds one number and a name. */
export const MOST_SENT_BYTES = 4 * 1024;
/** The length of the longest key that S3 allows. */
const KEY_BYTES = 1_024;

/** Encodes a line, with its newline. */
export function encodePlanLine({ batch, key, startByte, endByte, firstIndex, items }: BatchLocation): string {
  return `${JSON.stringify({ batch, key, startByte, endByte, firstIndex, items })}\n`;
}

/** The place of a batch's items. A batch has at least one item. */
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

/** Decodes a line, with or without its newline. */
export const decodePlanLine = (line: string): BatchLocation | undefined => decode(location, line);

const ORDER_CHARACTERS = 64;
const sentCount = object<{ readonly sent: number; readonly order?: string }>({
  sent: count,
  order: optional(text(ORDER_CHARACTERS)),
});

/** The name of today's order. The first versions of spotpool sent batches in the order of the dataset, and named no order. */
const ORDER = 'sample-first';

export const encodeSent = (sent: number): string => `${JSON.stringify({ sent, order: ORDER })}\n`;

/** Returns how many messages have been sent, in whatever order. A damaged count gives 0: then all are sent again, which costs one look-up each (R1). */
export const decodeSent = (json: string | Uint8Array): number => decode(sentCount, json)?.sent ?? 0;

/** Returns how many messages, in today's order, need not be sent again. A batch that is sent twice costs one look-up (R1). */
export const decodeSentInOrder = (json: string | Uint8Array): number => {
  const read = decode(sentCount, json);
  return read?.order === ORDER ? read.sent : 0;
};
