/**
 * Implements `InstanceMetadata` of worker/ports.ts over IMDSv2.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html
 */
import http from 'node:http';
import type { InstanceIdentity, InstanceMetadata, Notice } from '../worker/ports.js';

/** Every instance finds its metadata at this link-local address. */
export const DEFAULT_METADATA_ENDPOINT = 'http://169.254.169.254';

/** IMDS grants no longer time. */
const TOKEN_SECONDS = 21_600;
/** A token is renewed this long before it expires, so that no request carries a token that expires on its way. */
const TOKEN_MARGIN_MS = 60_000;
/** The service is on the same host, so a longer silence means that it is not there. */
const REQUEST_TIMEOUT_MS = 2_000;
/** The sockets are kept, because notices are polled twice a second as long as the instance lives. `fetch` would take several times the processor time. */
const MOST_SOCKETS = 2;

interface Token {
  readonly value: Promise<string>;
  readonly expiresAtMs: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export class Imds implements InstanceMetadata {
  /** Calls at the same time share one token. */
  #token: Token | undefined;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: MOST_SOCKETS });
  /** The endpoint has no slash at its end. Its path is a secret on a local cloud, so messages name only the host. */
  readonly #base: string;
  readonly #place: string;

  readonly #nowMs: () => number;

  constructor(endpoint: string = DEFAULT_METADATA_ENDPOINT, nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
    this.#base = endpoint.replace(/\/+$/, '');
    this.#place = URL.canParse(endpoint) ? new URL(endpoint).origin : endpoint;
  }

  async identity(signal: AbortSignal): Promise<InstanceIdentity> {
    const paths = ['instance-id', 'instance-type', 'placement/availability-zone', 'placement/region'];
    const values: string[] = [];
    for (const path of paths) {
      const value = await this.#get(`/latest/meta-data/${path}`, signal);
      if (value === undefined) throw new Error(`The instance metadata at ${this.#place} has no ${path}.`);
      values.push(value.trim());
    }
    const [instance = '', instanceType = '', zone = '', region = ''] = values;
    return { instance, instanceType, zone, region };
  }

  /** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html, …/rebalance-recommendations.html */
  async notices(signal: AbortSignal): Promise<readonly Notice[]> {
    const [action, rebalance] = await Promise.all([
      this.#json('/latest/meta-data/spot/instance-action', signal),
      this.#json('/latest/meta-data/events/recommendations/rebalance', signal),
    ]);
    const notices: Notice[] = [];
    if (action !== undefined) notices.push({ kind: 'interruption', takesAtMs: this.#timeOf(action['time']) });
    if (rebalance !== undefined) {
      notices.push({ kind: 'rebalance', noticedAtMs: this.#timeOf(rebalance['noticeTime']) });
    }
    return notices;
  }

  /** A notice without a readable time is still a notice. */
  #timeOf(value: unknown): number {
    const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(timeMs) ? this.#nowMs() : timeMs;
  }

  async #json(path: string, signal: AbortSignal): Promise<Record<string, unknown> | undefined> {
    const text = await this.#get(path, signal);
    if (text === undefined) return undefined;
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  }

  /** Returns undefined for 404, such as when there is no notice. */
  async #get(path: string, signal: AbortSignal): Promise<string | undefined> {
    for (let mayRenew = true; ; mayRenew = false) {
      const token = this.#currentToken(signal);
      const value = await token.value;
      const headers = { 'x-aws-ec2-metadata-token': value };
      const { status, text } = await this.#request('GET', path, headers, signal);
      if (isOk(status)) return text;
      if (status === 404) return undefined;
      if (status !== 401 || !mayRenew) {
        throw new Error(`The instance metadata answered ${status} for ${path} at ${this.#place}.`);
      }
      if (this.#token === token) this.#token = undefined;
    }
  }

  #currentToken(signal: AbortSignal): Token {
    if (this.#token !== undefined && this.#token.expiresAtMs > this.#nowMs()) return this.#token;
    const expiresAtMs = this.#nowMs() + TOKEN_SECONDS * 1000 - TOKEN_MARGIN_MS;
    const token = { value: this.#newToken(signal), expiresAtMs };
    this.#token = token;
    token.value.catch(() => {
      if (this.#token === token) this.#token = undefined;
    });
    return token;
  }

  async #newToken(signal: AbortSignal): Promise<string> {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) };
    const { status, text } = await this.#request('PUT', '/latest/api/token', headers, signal);
    if (!isOk(status)) throw new Error(`The instance metadata at ${this.#place} gave no token (${status}).`);
    return text;
  }

  async #request(
    method: 'GET' | 'PUT',
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    signal.throwIfAborted();
    try {
      return await this.#ask(method, path, headers, signal);
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`The instance metadata at ${this.#place} does not answer: ${why}.`, { cause: error });
    }
  }

  #ask(method: string, path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const agent = this.#agent;
      const request = http.request(new URL(`${this.#base}${path}`), { method, headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      const abort = (): void => void request.destroy(new Error('the request was aborted'));
      const timer = setTimeout(
        () => request.destroy(new Error(`no data for ${REQUEST_TIMEOUT_MS} ms`)),
        REQUEST_TIMEOUT_MS,
      );
      signal.addEventListener('abort', abort);
      request.on('error', reject);
      request.on('close', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        // A broken answer is an error of its own. This is for a connection that ended without an answer.
        reject(new Error('it closed the connection'));
      });
      request.end();
    });
  }
}

const isOk = (status: number): boolean => status >= 200 && status < 300;
