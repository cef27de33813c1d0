/** Reads the parameters of ChangeMessageVisibility, alone or as an entry of a batch. */
import { missingParameter } from './errors.js';
import type { Input } from './input.js';
import { MAX_VISIBILITY_SECONDS } from './limits.js';

export function readVisibilityChange(input: Input): {
  readonly handle: string;
  readonly visibilityTimeoutSeconds: number;
} {
  const handle = input.requiredText('ReceiptHandle');
  const visibilityTimeoutSeconds = input.integerWithin('VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS);
  if (visibilityTimeoutSeconds === undefined) throw missingParameter('VisibilityTimeout');
  return { handle, visibilityTimeoutSeconds };
}
