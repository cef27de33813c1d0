/**
 * Whether a response reached its client, as far as a server can know.
 *
 * Lost: the connection broke before the response was handed to the operating system, or was reset after it, before the
 * client asked for anything else on it: a client that closes with the response unread resets the connection. A client that
 * read the response and then died closes it in order, and keeps what it got.
 */
import type { Socket } from 'node:net';
import type { ServiceRequest } from '../http/service.js';

export class DeliveryWatch {
  readonly #open = new WeakMap<Socket, () => void>();

  /** To be called first for each request: whoever asks again has read the last response. */
  settle(socket: Socket): void {
    this.#open.get(socket)?.();
  }

  /** Calls `lost` at most once. */
  watch({ request: { socket }, signal }: ServiceRequest, lost: () => void): void {
    const onClose = (hadError: boolean): void => {
      forget();
      if (hadError) lost();
    };
    const onAbort = (): void => {
      forget();
      lost();
    };
    const forget = (): void => {
      socket.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      this.#open.delete(socket);
    };
    if (signal.aborted) return lost();
    this.#open.set(socket, forget);
    socket.on('close', onClose);
    signal.addEventListener('abort', onAbort);
  }
}
