/**
 * Whether a response reached its client, as far as a server can know.
 *
 * Lost: the connection broke before the response was handed to the operating system, or was reset after it, before the
 * client asked for anything else on it: a client that closes with the response unread resets the connection. A client that
 * read the response and then died closes it in order, and keeps what it got. One that vanishes without a word (a suspended
 * machine, a lost network) is found by the system's probes while it waits, and by the failure to send once it is answered.
 *
 * A client that left while the response was on its way looks as if it had read it and left: its end is read first. One more
 * write tells them apart, as the system refuses it only where the response was refused.
 */
import type { Socket } from 'node:net';
import type { ServiceRequest } from '../http/service.js';

/** Between two responses it means nothing: a client that goes on reading skips it. */
const NOTHING = '\r\n';
/** Node probes each second from then on, and gives up after ten: a poll of nobody ends before its 20 seconds do. */
const PROBE_AFTER_MS = 5_000;

export class DeliveryWatch {
  readonly #probed = new WeakSet<Socket>();
  readonly #open = new WeakMap<Socket, () => void>();

  /** To be called first for each request: whoever asks again has read the last response. */
  settle(socket: Socket): void {
    if (!this.#probed.has(socket)) {
      this.#probed.add(socket);
      socket.setKeepAlive(true, PROBE_AFTER_MS);
    }
    this.#open.get(socket)?.();
  }

  /** Calls `lost` at most once. */
  watch({ request: { socket }, signal }: ServiceRequest, lost: () => void): void {
    const onEnd = (): void => void socket.write(NOTHING);
    const onClose = (hadError: boolean): void => {
      forget();
      if (hadError) lost();
    };
    const onAbort = (): void => {
      forget();
      lost();
    };
    const forget = (): void => {
      socket.off('end', onEnd);
      socket.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      this.#open.delete(socket);
    };
    if (signal.aborted) return lost();
    this.#open.set(socket, forget);
    // Before Node's own listener, which ends the socket.
    socket.prependListener('end', onEnd);
    socket.on('close', onClose);
    signal.addEventListener('abort', onAbort);
  }
}
