/**
 * The keys of a hosted instance's role. They are invented, as an emulator takes any: whatever the host itself was given may be a developer's keys of a
 * real account, and every model on the instance can read its role's.
 */
import { randomBytes } from 'node:crypto';
import type { Emulator } from '../local-cloud/emulator.js';

/**
 * An emulator's account, named in the place of a key's id: without it the instance would look for its queue and bucket in another account.
 * https://docs.localstack.cloud/aws/capabilities/config/credentials/ It is no secret, and AWS's own ids are never digits alone.
 */
const ACCOUNT = /^\d{12}$/;
/** Nothing that an emulator could take for AWS's own, which have 20 characters. */
const ID_BYTES = 4;
const SECRET_BYTES = 30;

export function inventInstanceKey({ accessKeyId }: Emulator['credentials']): Emulator['credentials'] {
  return {
    accessKeyId: ACCOUNT.test(accessKeyId) ? accessKeyId : `instance${randomBytes(ID_BYTES).toString('hex')}`,
    secretAccessKey: randomBytes(SECRET_BYTES).toString('base64url'),
  };
}
