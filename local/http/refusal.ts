/** A refusal by the front door, in the form of the service that the request is for. Services pass it on unchanged. */
import { REFUSALS, type RefusalForm, type RefusalReason } from './refusals.js';
import type { Service } from './service.js';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  /** The error's name in the JSON protocols. */
  readonly shape: string;
  /** Further elements of S3's error documents. */
  readonly details: Readonly<Record<string, string>>;

  constructor(
    service: Service['name'],
    reason: RefusalReason,
    /** `what` is appended to the message. */
    more: { readonly what?: string; readonly details?: Readonly<Record<string, string>> } = {},
  ) {
    const { of, others } = REFUSALS[reason];
    const { status, code, message, shape }: RefusalForm = of?.[service] ?? others;
    super(more.what === undefined ? message : `${message} ${more.what}`);
    this.status = status;
    this.code = code;
    this.shape = shape ?? code;
    this.details = more.details ?? {};
  }
}
