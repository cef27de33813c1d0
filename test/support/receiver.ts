/** An HTTP server on 127.0.0.1 that notifications are posted to. It answers as its script says, and keeps what it got. */
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A status, with headers; or no answer at all: the socket is closed after the request was read, or it stays open. */
export type ScriptedAnswer =
  number | { readonly status: number; readonly headers: Readonly<Record<string, string>> } | 'close' | 'hang';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const OTHERWISE = 204;

export class Receiver {
  readonly received: Received[] = [];
  /** The answers to the next requests. When there are none left, each request is accepted. */
  readonly script: ScriptedAnswer[] = [];
  /** Called when a request has been read, before its answer. */
  onReceived: () => void = () => undefined;
  readonly #server: http.Server;

  private constructor() {
    this.#server = http.createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  /** The path of the address holds a secret, which nothing may show. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${SECRET_PATH}`;
  }

  get bodies(): readonly Record<string, unknown>[] {
    return this.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method = '', url = '', headers } = request;
    this.received.push({ method, path: url, headers, body });
    const answer = this.script.shift() ?? OTHERWISE;
    this.onReceived();
    if (answer === 'hang') return;
    if (answer === 'close') request.socket.destroy();
    else if (typeof answer === 'number') response.writeHead(answer).end();
    else response.writeHead(answer.status, answer.headers).end();
  }
}

export const SECRET_PATH = 'hook-T0K3N';
