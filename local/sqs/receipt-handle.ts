/** Receipt handles. They are opaque to clients, and name the queue, the message and its receive. */
import { SqsError } from './errors.js';
import type { Delivery } from './message.js';

export interface ReceiptHandle {
  readonly messageId: number;
  readonly receipt: number;
}

const FORM = /^([0-9a-f-]{36}) ([1-9][0-9]{0,14}) ([1-9][0-9]{0,14})$/;

export const encodeReceiptHandle = (queueId: string, delivery: Delivery): string =>
  Buffer.from(`${queueId} ${delivery.message.id} ${delivery.receipt}`).toString('base64');

/** A text that is no handle and a handle of another queue give the same error with two messages, as on AWS. */
export function decodeReceiptHandle(queueId: string, handle: string): ReceiptHandle {
  const text = Buffer.from(handle, 'base64').toString('latin1');
  const [, queue, messageId, receipt] = FORM.exec(text) ?? [];
  // The decoder is lenient, so the text is encoded again: only a real handle stays the same.
  if (queue === undefined || Buffer.from(text, 'latin1').toString('base64') !== handle) {
    throw new SqsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`);
  }
  if (queue !== queueId) {
    throw new SqsError('ReceiptHandleIsInvalid', `The receipt handle "${handle}" is not valid for this queue.`);
  }
  return { messageId: Number(messageId), receipt: Number(receipt) };
}
