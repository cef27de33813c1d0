/**
 * `input/plan.jsonl` says where each batch's items are, a line a batch in order: what messages are made from, and what a lost
 * message is made anew from (R5). `input/sent.json` says how many of its messages have been sent, along the order of core/sending-order.ts.
 */
import type { BatchLocation } from './batch-message.js';

/** With the line's newline. */
export function encodePlanLine({ batch, key, startByte, endByte, firstIndex, items }: BatchLocation): string {
  return `${JSON.stringify({ batch, key, startByte, endByte, firstIndex, items })}\n`;
}

export function decodePlanLine(line: string): BatchLocation {
  return JSON.parse(line) as BatchLocation;
}

/** The first versions of spotpool sent batches in the order of the dataset, and named none. */
const ORDER = 'sample-first';

export const encodeSent = (sent: number): string => `${JSON.stringify({ sent, order: ORDER })}\n`;

/** How many have been sent, in whatever order. */
export function decodeSent(text: string): number {
  const { sent } = JSON.parse(text) as { readonly sent?: unknown };
  return typeof sent === 'number' ? sent : 0;
}

/** How many of them, along the order of today, need not be sent again. A batch that is sent twice costs a look-up (R1). */
export function decodeSentInOrder(text: string): number {
  return (JSON.parse(text) as { readonly order?: unknown }).order === ORDER ? decodeSent(text) : 0;
}
