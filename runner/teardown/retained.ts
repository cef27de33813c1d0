/** Measures the bucket, which outlives the stack, and its cost. */
import { bytes, dollars, plural } from '../display/format.js';
import type { ObjectStore } from '../ports.js';

/** S3 Standard in us-east-1, the first 50 TB; a GB is 2^30 bytes here. https://aws.amazon.com/s3/pricing/ (2026-01) */
const DOLLARS_PER_GB_MONTH = 0.023;
const BYTES_PER_GB = 2 ** 30;
/** This many objects take a thousand listings, for half a cent. A larger bucket is reported as "at least". */
const MAX_LISTED_OBJECTS = 1_000_000;

export interface Retained {
  readonly bucket: string;
  readonly objects: number;
  readonly bytes: number;
  /** The bucket has more objects than were counted. */
  readonly isPart: boolean;
  readonly dollarsPerMonth: number;
}

export async function measureBucket(store: ObjectStore, bucket: string, signal: AbortSignal): Promise<Retained> {
  let objects = 0;
  let total = 0;
  let isPart = false;
  for await (const { size } of store.list('', { signal })) {
    if (objects === MAX_LISTED_OBJECTS) {
      isPart = true;
      break;
    }
    objects += 1;
    total += size;
  }
  return { bucket, objects, bytes: total, isPart, dollarsPerMonth: (total / BYTES_PER_GB) * DOLLARS_PER_GB_MONTH };
}

export function retainedSentence({ bucket, objects, bytes: size, isPart, dollarsPerMonth }: Retained): string {
  const least = isPart ? 'at least ' : '';
  // A number below a cent would only look exact.
  const cost = dollarsPerMonth < 0.01 ? 'less than a cent' : `about ${dollars(dollarsPerMonth)}`;
  return (
    `The bucket ${bucket} stays, with every result: ${least}${plural(objects, 'object')}, ${bytes(size)}, ${least}${cost} a month ` +
    '(S3 Standard in us-east-1, without old versions of the last seven days). Empty and delete it in the S3 console when nobody needs it.'
  );
}
