/** Names of jobs: part of S3 keys and message groups, and typed by people. */

/** Without characters that need quoting in a shell, a key or a URL. */
const JOB_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const JOB_ID_RULE = 'lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit';

export const isJobId = (text: string): boolean => JOB_ID.test(text);

/** No vowels, so that no words appear; no characters that look alike. */
const SUFFIX_ALPHABET = '23456789bcdfghjkmnpqrstvwxz';
/** 27^6: two jobs of one second collide once in 387 million; a collision is refused, not merged. */
const SUFFIX_LENGTH = 6;

/** Like `20260131-142530-k7mq2x`: sorts by time, can be read aloud. `random` gives numbers in [0, 1). */
export function newJobId(nowMs: number, random: () => number): string {
  const [date = '', time = ''] = new Date(nowMs).toISOString().split('T');
  const suffix = Array.from(
    { length: SUFFIX_LENGTH },
    () => SUFFIX_ALPHABET[Math.floor(random() * SUFFIX_ALPHABET.length)] ?? SUFFIX_ALPHABET.charAt(0),
  );
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${suffix.join('')}`;
}
