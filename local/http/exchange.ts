/** Handles one request from its arrival at the front door to its service's reply. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RequestFaults } from '../faults/request-faults.js';
import type { Credentials } from './credentials.js';
import { checkPermission } from './permissions.js';
import type { Principal } from './principal.js';
import { Refusal } from './refusal.js';
import type { RequestLog } from './request-log.js';
import type { RefusalReason } from './refusals.js';
import type { Service, ServiceRequest } from './service.js';
import { checkSignature } from './sigv4.js';

const REASONS: Readonly<Record<'throttle' | '500' | '503', RefusalReason>> = {
  throttle: 'throttled',
  '500': 'internal',
  '503': 'unavailable',
};

export interface DoorOptions {
  /** Signatures are checked against these; without them no signature is checked. */
  readonly credentials?: Credentials;
  readonly faults?: RequestFaults;
  readonly log?: RequestLog;
}

export class Exchange implements ServiceRequest {
  losesReply = false;
  principal: Principal | undefined;
  readonly #closed = new AbortController();

  readonly #service: Service['name'];
  readonly #door: DoorOptions;

  constructor(
    service: Service['name'],
    door: DoorOptions,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly url: URL,
    readonly requestId: string,
  ) {
    this.#service = service;
    this.#door = door;
    // A reply that waits for others before it on its connection gets no event when the connection closes.
    const gone = (): void => this.#closed.abort();
    request.socket.once('close', gone);
    response.once('close', () => {
      request.socket.off('close', gone);
      if (!response.writableFinished) gone();
    });
    response.on('error', () => this.#closed.abort());
  }

  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  async enter(action: string, body?: Uint8Array, named: Readonly<Record<string, string>> = {}): Promise<void> {
    const { credentials, faults, log } = this.#door;
    if (credentials !== undefined) {
      const signed = { service: this.#service, message: this.request, body, nowMs: Date.now() };
      this.principal = credentials.principalOf(checkSignature(signed, credentials));
      checkPermission(this.principal, this.#service, action);
    }
    const { request, response, url } = this;
    const service = this.#service;
    log?.add({ service, action, request, response, url, body, named });
    const strike = faults?.strike(this.#service, action);
    if (strike === undefined) return;
    if (strike.delayMs > 0) await delay(strike.delayMs, undefined, { signal: this.signal });
    const { fault } = strike;
    if (fault === undefined) return;
    if (fault === 'reset-after') this.#loseReply();
    else if (fault === 'reset-before') {
      this.#reset();
      throw new Error('A fault rule reset the connection.');
    } else throw new Refusal(this.#service, REASONS[fault]);
  }

  /** Resets the connection instead of sending the first byte of the reply. */
  #loseReply(): void {
    this.losesReply = true;
    this.response.writeHead = () => {
      this.#reset();
      return this.response;
    };
  }

  #reset(): void {
    this.#closed.abort();
    this.request.socket.resetAndDestroy();
  }
}
