/**
 * Invents the access keys of a hosted instance's role. An emulator accepts any keys, whereas the host's own keys may be a developer's keys
 * of a real account, and every model on the instance can read the keys of its role.
 */
import { randomBytes } from 'node:crypto';
import type { Emulator } from '../emulator.js';

/**
 * LocalStack takes an access key id of twelve digits as the number of an account. The instance must keep it, or it would look for its queue and
 * bucket in another account. It is no secret, and AWS's own ids are never digits alone.
 * https://docs.localstack.cloud/aws/capabilities/config/credentials/
 */
const ACCOUNT = /^\d{12}$/;
/** An invented id is shorter than AWS's own, which have 20 characters, so that no emulator takes it for one of those. */
const ID_BYTES = 4;
const SECRET_BYTES = 30;

export function inventInstanceKey({ accessKeyId }: Emulator['credentials']): Emulator['credentials'] {
  return {
    accessKeyId: ACCOUNT.test(accessKeyId) ? accessKeyId : `instance${randomBytes(ID_BYTES).toString('hex')}`,
    secretAccessKey: randomBytes(SECRET_BYTES).toString('base64url'),
  };
}
