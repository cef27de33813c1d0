/** Why a slot's process ended, and how a message says so with the end of the model's log. */
import type { RebuildReason } from '../../core/contract/events.js';
import { withLogEnd } from '../../core/contract/log-end.js';
import { ITEM_ERROR_CODES, type ItemError } from '../../core/contract/result-line.js';
import { shorten } from '../../core/shorten.js';

const SHOWN_LOG_LENGTH = 300;
const LOAD_LOG_LINES = 5;

export interface SlotEnd {
  readonly reason: Exclude<RebuildReason, 'broken'> | 'stopped';
  /** Says what happened, with the last line that the model logged. */
  readonly message: string;
}

const LOSS_CODES = {
  crashed: ITEM_ERROR_CODES.slotCrashed,
  stopped: ITEM_ERROR_CODES.slotCrashed,
  protocol: ITEM_ERROR_CODES.protocolFault,
  timeout: ITEM_ERROR_CODES.itemTimeout,
  memory: ITEM_ERROR_CODES.memoryExceeded,
} as const;

/** The error of an item that caused the end of its process. */
export const errorOfEnd = (end: SlotEnd): ItemError => ({ code: LOSS_CODES[end.reason], message: end.message });

/** The frames of a stack, as JavaScript and Python print them. Python prints the source below, and marks in it. */
const FRAME = /^(?: +at |  File "[^"]+", line \d+|Traceback \(most recent call last\):$)/;
const SOURCE = /^ {4}/;

/** Stack frames are in the log, and do not help a person who reads the message. */
export function withoutStack(lines: readonly string[]): readonly string[] {
  let isInFrame = false;
  const others = lines.filter((line) => {
    isInFrame = FRAME.test(line) || (isInFrame && SOURCE.test(line));
    return !isInFrame;
  });
  return others.slice(-LOAD_LOG_LINES);
}

export const withLog = (message: string, lines: readonly string[]): string =>
  withLogEnd(
    message,
    lines.map((line) => shorten(line, SHOWN_LOG_LENGTH)),
  );
