/**
 * Tells what looks like a secret, by its name or its first bytes: whatever is shipped lies in the bucket and on every instance. Names can be wrong both
 * ways, so whoever packs refuses, and says how to ship it all the same.
 */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { PACKAGES } from './ignore-rules.js';

/** Folders that hold nothing but credentials. */
const SECRET_FOLDERS = new Map([
  ['.aws', 'the credentials of AWS'],
  ['.ssh', 'the keys of SSH'],
  ['.gnupg', 'the keys of GnuPG'],
  ['.kube', 'the credentials of Kubernetes'],
  ['.docker', 'the credentials of Docker'],
]);

const SECRET_NAMES: readonly (readonly [RegExp, string])[] = [
  // Examples are there to be read.
  [/^\.env(?!.*[._-](example|sample|template|dist)$)([._-].+)?$/, 'variables of an environment'],
  [/^(?!.*(example|sample|template)).+\.env$/, 'variables of an environment'],
  [/^\.envrc$/, 'variables of an environment'],
  [/^id_(rsa|dsa|ecdsa|ed25519)(?!.*\.pub$)/, 'a private key'],
  [/\.(p12|pfx|jks|keystore|ppk)$/i, 'a key store'],
  [/^[._]netrc$/, 'passwords of hosts'],
  [/^\.(pgpass|my\.cnf|git-credentials|pypirc|htpasswd)$/, 'passwords'],
];

/** Keys are small, and begin with what they are. */
const MOST_KEY_BYTES = 64 * 1024;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/;
/** A service account of Google Cloud is JSON with a key in it. */
const KEY_AT_BEGINNING = /^\s*(-----BEGIN [A-Z0-9 ]*PRIVATE KEY|\{[^]{0,4096}"private_key"\s*:\s*"-----BEGIN)/;
const PUBLIC_PEM = /-----BEGIN (CERTIFICATE|PUBLIC KEY|TRUSTED CERTIFICATE|X509 CRL)-----/;
/** A line like those of `~/.aws/credentials`, whatever the file is called; the key of AWS's own documentation is everywhere. */
const AWS_SECRET_KEY = /aws_secret_access_key\s*[=:]\s*["']?(?!\S*EXAMPLE)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i;
const NPM_TOKEN = /(_authToken|_auth|_password)\s*=\s*[^\s$]/;

/** Published packages are public, and full of keys for their tests. */
const isPublic = (place: string): boolean => place.split('/').slice(0, -1).includes(PACKAGES);

/** The kind of secret, for people. A link may give it another name than its own: `real` is where it lies. */
export function secretFolder(place: string, real: string): string | undefined {
  if (isPublic(place)) return undefined;
  return SECRET_FOLDERS.get(path.posix.basename(place)) ?? SECRET_FOLDERS.get(path.basename(real));
}

export async function secretFile(place: string, real: string, bytes: number): Promise<string | undefined> {
  if (isPublic(place)) return undefined;
  const names = [path.posix.basename(place), path.basename(real)];
  const named = SECRET_NAMES.find(([pattern]) => names.some((name) => pattern.test(name)));
  if (named !== undefined) return named[1];
  if (bytes > MOST_KEY_BYTES) return undefined; // certificates of the world, weights, data
  const text = await textOf(real);
  const isPem = names.some((name) => /\.pem$/i.test(name));
  if (names.includes('.npmrc')) return NPM_TOKEN.test(text) ? 'a token of npm' : undefined;
  if (isPem) return PUBLIC_PEM.test(text) && !PRIVATE_KEY.test(text) ? undefined : 'a private key';
  if (AWS_SECRET_KEY.test(text)) return 'a key of AWS';
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
