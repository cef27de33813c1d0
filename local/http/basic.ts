/**
 * HTTP basic authentication with the cloud's key, for clients that have no SDK to sign a request: `curl --user
 * <access key id>:<secret access key>`. https://www.rfc-editor.org/rfc/rfc7617
 */
import { timingSafeEqual } from 'node:crypto';
import type { AccessKey, Credentials } from './credentials.js';

export const basicAuthorization = ({ accessKeyId, secretAccessKey }: AccessKey): string =>
  `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`;

/** Returns the key id that the header gives, or undefined if the key is unknown or its secret is wrong. */
export function keyOfBasic(authorization: string | undefined, credentials: Credentials): string | undefined {
  const [, encoded = ''] = /^Basic +([\w+/=-]+)$/i.exec(authorization ?? '') ?? [];
  const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const key = credentials.find(id);
  if (key === undefined) return undefined;
  const [given, wanted] = [Buffer.from(secret), Buffer.from(key.secretAccessKey)];
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? id : undefined;
}
