/**
 * Recognises probable secrets by their names or first bytes, because shipped files are copied to the bucket and to every instance.
 * This is a guess and can be wrong. So the caller refuses to ship such a file, and says how to ship it anyway.
 */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { PACKAGES } from './ignore-rules.js';

/** Folders that hold nothing but credentials. */
const SECRET_FOLDERS = new Map([
  ['.aws', 'AWS credentials'],
  ['.ssh', 'SSH keys'],
  ['.gnupg', 'GnuPG keys'],
  ['.kube', 'Kubernetes credentials'],
  ['.docker', 'Docker credentials'],
]);

const SECRET_NAMES: readonly (readonly [RegExp, string])[] = [
  // Files such as `.env.example` are public examples.
  [/^\.env(?!.*[._-](example|sample|template|dist)$)([._-].+)?$/, 'environment variables'],
  [/^(?!.*(example|sample|template)).+\.env$/, 'environment variables'],
  [/^\.envrc$/, 'environment variables'],
  [/^id_(rsa|dsa|ecdsa|ed25519)(?!.*\.pub$)/, 'a private key'],
  [/\.(p12|pfx|jks|keystore|ppk)$/i, 'a key store'],
  [/^[._]netrc$/, 'passwords for hosts'],
  [/^\.(pgpass|my\.cnf|git-credentials|pypirc|htpasswd)$/, 'passwords'],
];

/** Key files are small, and their first bytes show what they are. */
const MOST_KEY_BYTES = 64 * 1024;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/;
/** A key file begins with its PEM header. The JSON of a Google Cloud service account contains one. */
const KEY_AT_BEGINNING = /^\s*(-----BEGIN [A-Z0-9 ]*PRIVATE KEY|\{[^]{0,4096}"private_key"\s*:\s*"-----BEGIN)/;
const PUBLIC_PEM = /-----BEGIN (CERTIFICATE|PUBLIC KEY|TRUSTED CERTIFICATE|X509 CRL)-----/;
/** A line as in `~/.aws/credentials`, in a file of any name. The example key of AWS's documentation is no secret. */
const AWS_SECRET_KEY = /aws_secret_access_key\s*[=:]\s*["']?(?!\S*EXAMPLE)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i;
const NPM_TOKEN = /(_authToken|_auth|_password)\s*=\s*[^\s$]/;

/** Published packages are public, and often contain keys for their tests. */
const isPublic = (place: string): boolean => place.split('/').slice(0, -1).includes(PACKAGES);

/** The kind of secret, for messages. `real` is the path behind links, which may have another name. */
export function secretFolder(place: string, real: string): string | undefined {
  if (isPublic(place)) return undefined;
  return SECRET_FOLDERS.get(path.posix.basename(place)) ?? SECRET_FOLDERS.get(path.basename(real));
}

export async function secretFile(place: string, real: string, bytes: number): Promise<string | undefined> {
  if (isPublic(place)) return undefined;
  const names = [path.posix.basename(place), path.basename(real)];
  const named = SECRET_NAMES.find(([pattern]) => names.some((name) => pattern.test(name)));
  if (named !== undefined) return named[1];
  if (bytes > MOST_KEY_BYTES) return undefined; // certificate collections, weights, data
  const text = await textOf(real);
  const isPem = names.some((name) => /\.pem$/i.test(name));
  if (names.includes('.npmrc')) return NPM_TOKEN.test(text) ? 'an npm token' : undefined;
  if (isPem) return PUBLIC_PEM.test(text) && !PRIVATE_KEY.test(text) ? undefined : 'a private key';
  if (AWS_SECRET_KEY.test(text)) return 'an AWS key';
  return KEY_AT_BEGINNING.test(text) ? 'a private key' : undefined;
}

async function textOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_KEY_BYTES), 0, MOST_KEY_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
