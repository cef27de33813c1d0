/**
 * `input/plan.jsonl` says where each batch's items are, a line a batch in order: what messages are made from, and what a lost
 * message is made anew from (R5). `input/sent.json` says how many of its messages have been sent, from the first on.
 */
import type { BatchLocation } from './batch-message.js';

/** With the line's newline. */
export function encodePlanLine({ batch, key, startByte, endByte, firstIndex, items }: BatchLocation): string {
  return `${JSON.stringify({ batch, key, startByte, endByte, firstIndex, items })}\n`;
}

export function decodePlanLine(line: string): BatchLocation {
  return JSON.parse(line) as BatchLocation;
}

export const encodeSent = (sent: number): string => `${JSON.stringify({ sent })}\n`;

export function decodeSent(text: string): number {
  const { sent } = JSON.parse(text) as { readonly sent?: unknown };
  return typeof sent === 'number' ? sent : 0;
}
