/** Receipt handles: opaque to clients; they say which queue, which message and which of its receives. */
import { SqsError } from './errors.js';
import type { Delivery } from './message.js';

export interface ReceiptHandle {
  readonly messageId: string;
  readonly receipt: number;
}

const FORM = /^([0-9a-f-]{36}) ([0-9a-f-]{36}) ([1-9][0-9]{0,15})$/;

export const encodeReceiptHandle = (queueId: string, delivery: Delivery): string =>
  Buffer.from(`${queueId} ${delivery.message.id} ${delivery.receipt}`).toString('base64');

/** A handle that is malformed, or of another queue, is no handle. */
export function decodeReceiptHandle(queueId: string, handle: string): ReceiptHandle {
  const [, queue, messageId, receipt] = FORM.exec(Buffer.from(handle, 'base64').toString('latin1')) ?? [];
  if (queue !== queueId || messageId === undefined || receipt === undefined) {
    throw new SqsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`);
  }
  return { messageId, receipt: Number(receipt) };
}
