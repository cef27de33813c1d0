/** Why a slot's process ended, and how a message says so with the end of the model's log. */
import { withLogEnd } from '../../core/contract/last-words.js';
import { ITEM_ERROR_CODES, type ItemError } from '../../core/contract/result-line.js';
import { shorten } from '../../core/shorten.js';

const SHOWN_LOG_LENGTH = 300;
const LOAD_LOG_LINES = 5;

export interface SlotEnd {
  readonly reason: 'crashed' | 'protocol' | 'timeout' | 'memory' | 'stopped';
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

/** Stack frames of JavaScript are in the log, and do not help a person who reads the message. */
export const withoutStack = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => !/^ +at /.test(line)).slice(-LOAD_LOG_LINES);

export const withLog = (message: string, lines: readonly string[]): string =>
  withLogEnd(
    message,
    lines.map((line) => shorten(line, SHOWN_LOG_LENGTH)),
  );
