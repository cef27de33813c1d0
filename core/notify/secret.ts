/**
 * Reads the text of the secret that holds a stack's address: the address alone, or a JSON object with `url` and, to sign, `key`. Secrets Manager's console
 * writes such objects. Pure.
 */
import { decode, object, optional, text } from '../contract/shape.js';
import { type NotifyAddress, type Read, readAddress, readKey } from './address.js';

interface Stored {
  readonly url: string;
  readonly key?: string;
}

/** Secrets Manager keeps 64 KiB at most. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const MOST_CHARACTERS = 65_536;

const stored = object<Stored>({ url: text(MOST_CHARACTERS), key: optional(text(MOST_CHARACTERS)) });

/** The problem is a sentence without its subject, and holds nothing of the secret. */
export function readSecretAddress(secret: string): Read<NotifyAddress> {
  const given = secret.trim();
  if (!given.startsWith('{')) return prefixed(readAddress(given), 'holds an address that');
  const read = decode(stored, given);
  if (read === undefined) {
    return { kind: 'problem', problem: 'holds JSON without an address: it must be {"url": "https://…"}' };
  }
  const address = prefixed(readAddress(read.url), 'holds a "url" that');
  if (address.kind === 'problem' || read.key === undefined) return address;
  const key = prefixed(readKey(read.key), 'holds a "key", which');
  return key.kind === 'problem' ? key : { kind: 'read', value: { ...address.value, key: key.value } };
}

const prefixed = <T>(read: Read<T>, subject: string): Read<T> =>
  read.kind === 'read' ? read : { kind: 'problem', problem: `${subject} ${read.problem}` };
