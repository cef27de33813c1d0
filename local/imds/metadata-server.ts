/**
 * The metadata service (IMDSv2) of one instance, on a port of its own, because instances on one machine cannot
 * share the link-local address.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html
 * A token is signed and carries its own expiry, so that none is stored, however many are requested.
 *
 * On AWS only the instance reaches its metadata. Here every user of the machine reaches the port and could request
 * a token. So the address contains a secret, which only the instance's environment holds. Requests without it get
 * no data.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { refusalOfBrowsers } from '../http/browser.js';
import { metadataDocument, type MetadataSubject, roleCredentials } from './documents.js';

export interface MetadataServer {
  /** The URL contains the secret, so only the instance may know it. */
  readonly endpoint: string;
  /** Environment variables with which every SDK in the instance's processes finds the service. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface MetadataServerOptions {
  readonly instance: MetadataSubject;
  readonly region: string;
}

const LONGEST_TOKEN_SECONDS = 21_600;
const PATH_SECRET_BYTES = 24;
/**
 * The role's credentials once more, in the form for containers: the JavaScript SDK keeps host and port of the
 * metadata's endpoint and drops its path.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
const ROLE_PATH = 'role-credentials';
/** Some of the versions that AWS has; here all have the same documents. */
const VERSIONS: readonly string[] = ['2016-09-02', '2018-09-24', '2021-03-23', '2021-07-15', '2022-09-24', 'latest'];
const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';

export async function startMetadataServer(options: MetadataServerOptions): Promise<MetadataServer> {
  const secrets: Secrets = { path: randomBytes(PATH_SECRET_BYTES).toString('hex'), tokens: randomBytes(32) };
  const server = http.createServer((request, response) => answer(options, secrets, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}/${secrets.path}`;
  const { roleKey, spec } = options.instance;
  const hasRole = roleKey !== undefined && !spec.metadataIsOff;
  return {
    endpoint,
    environment: {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint,
      ...(hasRole ? { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/${ROLE_PATH}` } : {}),
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Secrets {
  /** The secret first part of every path. */
  readonly path: string;
  /** The key that signs tokens. */
  readonly tokens: Buffer;
}

function answer(
  options: MetadataServerOptions,
  secrets: Secrets,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  request.resume();
  const reply = (status: number, body: string | Buffer, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  };
  const { method, headers } = request;
  // AWS answers this way when the metadata is turned off:
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
  if (options.instance.spec.metadataIsOff) return reply(403, 'Forbidden');
  if (refusalOfBrowsers(request) !== undefined) return reply(403, 'Forbidden');
  const path = pathAfterSecret(secrets.path, request.url ?? '/');
  if (path === undefined) return reply(403, 'Forbidden');
  const [, version = '', below = ''] = /^([^/]*)\/*(.*)$/s.exec(path) ?? [];
  if (below === 'api/token' && method === 'PUT') {
    // A token must not leave the instance through a proxy, and dated versions have no token.
    if (headers['x-forwarded-for'] !== undefined || version !== 'latest') return reply(403, 'Forbidden');
    const ttl = headers[TTL_HEADER];
    if (typeof ttl !== 'string' || !/^\d{1,5}$/.test(ttl)) return reply(400, 'Bad Request');
    if (Number(ttl) < 1 || Number(ttl) > LONGEST_TOKEN_SECONDS) return reply(400, 'Bad Request');
    return reply(200, issue(secrets.tokens, Date.now() + Number(ttl) * 1000), { [TTL_HEADER]: ttl });
  }
  if (below === 'api/token') return reply(405, 'Method Not Allowed', { allow: 'PUT' });
  if (method !== 'GET' && method !== 'HEAD') return reply(405, 'Method Not Allowed', { allow: 'GET, HEAD' });
  if (path === ROLE_PATH) return replyWithRole(options.instance, reply);
  if (!isValid(secrets.tokens, headers['x-aws-ec2-metadata-token'])) return reply(401, 'Unauthorized');
  if (path === '') return reply(200, VERSIONS.join('\n'));
  const document = VERSIONS.includes(version) ? metadataDocument(below, { ...options, nowMs: Date.now() }) : undefined;
  return document === undefined ? reply(404, 'Not Found') : reply(200, document);
}

/**
 * Returns the path without slashes at its ends, which are ignored: some SDKs ask for `//latest/…`. Returns
 * undefined if the path lacks the secret.
 */
function pathAfterSecret(secret: string, url: string): string | undefined {
  const path = decode(url.replace(/\?.*$/, '')).replace(/^\/+|\/+$/g, '');
  const [first = ''] = path.split('/', 1);
  const [given, wanted] = [Buffer.from(first), Buffer.from(secret)];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  return path.slice(first.length).replace(/^\/+/, '');
}

function replyWithRole(instance: MetadataSubject, reply: (status: number, body: string) => void): void {
  const { roleKey } = instance;
  if (roleKey === undefined) return reply(404, 'Not Found');
  return reply(200, roleCredentials(roleKey, Date.now()));
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function issue(secret: Buffer, expiresAtMs: number): string {
  const claim = `${expiresAtMs.toString(36)}.${randomBytes(6).toString('hex')}`;
  return `${claim}.${sign(secret, claim).toString('base64url')}`;
}

function isValid(secret: Buffer, token: string | string[] | undefined): boolean {
  if (typeof token !== 'string') return false;
  const end = token.lastIndexOf('.');
  const given = Buffer.from(token.slice(end + 1), 'base64url');
  const wanted = sign(secret, token.slice(0, Math.max(0, end)));
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
  return parseInt(token, 36) > Date.now();
}

const sign = (secret: Buffer, claim: string): Buffer => createHmac('sha256', secret).update(claim).digest();
