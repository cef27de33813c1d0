/**
 * The access keys that a local cloud invented for itself and for its instances: what signatures are checked against.
 * They come from the system's randomness, never from the seed: whoever knows a key can run commands through user data.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Principal } from './principal.js';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary keys (those of an instance's role) are good only together with it. */
  readonly sessionToken?: string;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const PREFIXES = { lasting: 'AKIA', temporary: 'ASIA' } as const;
const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ID_LENGTH = 16;
/** 40 characters of base64, as AWS's are. */
const SECRET_BYTES = 30;
const TOKEN_BYTES = 96;

export class Credentials {
  readonly #keys = new Map<string, AccessKey>();
  readonly #principals = new Map<string, Principal>();

  /** A new key that is known from now on; one of a principal may do what that may (permissions.ts), any other everything. */
  issue(kind: keyof typeof PREFIXES = 'lasting', principal?: Principal): AccessKey {
    const id = Array.from({ length: ID_LENGTH }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join('');
    const key: AccessKey = {
      accessKeyId: PREFIXES[kind] + id,
      secretAccessKey: randomBytes(SECRET_BYTES).toString('base64'),
      ...(kind === 'temporary' ? { sessionToken: randomBytes(TOKEN_BYTES).toString('base64') } : {}),
    };
    if (principal !== undefined) this.#principals.set(key.accessKeyId, principal);
    this.add(key);
    return key;
  }

  add(key: AccessKey): void {
    this.#keys.set(key.accessKeyId, key);
  }

  /** Those of an instance that is gone: what is known stays bounded by what lives. */
  forget(accessKeyId: string): void {
    this.#keys.delete(accessKeyId);
    this.#principals.delete(accessKeyId);
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId);
  }

  /** Undefined for the cloud's own key. */
  principalOf(accessKeyId: string): Principal | undefined {
    return this.#principals.get(accessKeyId);
  }

  secretOf(accessKeyId: string): string | undefined {
    return this.#keys.get(accessKeyId)?.secretAccessKey;
  }
}
