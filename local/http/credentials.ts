/**
 * The access keys that a local cloud generated for itself and for its instances; signatures are checked against
 * them. They come from the system's randomness, never from the seed: anyone who knows a key can run commands
 * through user data.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Principal } from './principal.js';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary keys (those of an instance's role) are valid only together with this token. */
  readonly sessionToken?: string;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const PREFIXES = { lasting: 'AKIA', temporary: 'ASIA' } as const;
const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ID_LENGTH = 16;
/** 30 bytes give 40 characters of base64, which is the length of AWS's secrets. */
const SECRET_BYTES = 30;
const TOKEN_BYTES = 96;

export class Credentials {
  readonly #keys = new Map<string, AccessKey>();
  readonly #principals = new Map<string, Principal>();

  /**
   * Issues a new key. The key of a principal has that principal's permissions (permissions.ts); any other key may
   * do everything.
   */
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

  /** Forgets the key of an instance that is gone, so that the number of keys stays bounded. */
  forget(accessKeyId: string): void {
    this.#keys.delete(accessKeyId);
    this.#principals.delete(accessKeyId);
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId);
  }

  /** Returns undefined for the cloud's own key. */
  principalOf(accessKeyId: string): Principal | undefined {
    return this.#principals.get(accessKeyId);
  }

  secretOf(accessKeyId: string): string | undefined {
    return this.#keys.get(accessKeyId)?.secretAccessKey;
  }
}
