/** Names of jobs. They are part of S3 keys and message groups, and people type them. */
import { type Shape, text, where } from './shape.js';

/** The characters need no quoting in a shell, a key or a URL. */
const JOB_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const LONGEST_JOB_ID = 63;

export const JOB_ID_RULE = 'lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit';

export const isJobId = (id: string): boolean => JOB_ID.test(id);

export const jobId: Shape<string> = where(text(LONGEST_JOB_ID), isJobId);

/** The alphabet has no vowels, so that no words appear, and no characters that look alike. */
const SUFFIX_ALPHABET = '23456789bcdfghjkmnpqrstvwxz';
/** There are 27^6 suffixes: two jobs of one second collide once in 387 million times. A collision is refused, not merged. */
const SUFFIX_LENGTH = 6;

/** The id looks like `20260131-142530-k7mq2x`: it sorts by time and can be read aloud. `random` gives numbers in [0, 1). */
export function newJobId(nowMs: number, random: () => number): string {
  const [date = '', time = ''] = new Date(nowMs).toISOString().split('T');
  const suffix = Array.from(
    { length: SUFFIX_LENGTH },
    () => SUFFIX_ALPHABET[Math.floor(random() * SUFFIX_ALPHABET.length)] ?? SUFFIX_ALPHABET.charAt(0),
  );
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${suffix.join('')}`;
}
