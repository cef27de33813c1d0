/** The state that every action gets besides its request. */
import type { BodyStore } from './body-store.js';
import type { Buckets } from './buckets.js';
import type { S3Request } from './request.js';
import type { S3Response } from './response.js';

export interface S3State {
  readonly buckets: Buckets;
  readonly bodies: BodyStore;
  readonly region: string;
  readonly nowMs: () => number;
}

export type Action = (state: S3State, request: S3Request) => Promise<S3Response>;

/** The account that owns everything in the local cloud. */
export const ACCOUNT_ID = '000000000000';
