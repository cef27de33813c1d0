/**
 * Detects whether a response reached its client, as far as a server can know.
 *
 * A response is lost if the connection broke before the response was handed to the operating system. It is also
 * lost if the connection was reset afterwards, before the client's next request: a client that closes with the
 * response unread resets the connection. A client that read the response and then died closes the connection in
 * order, and keeps the response. A client that vanishes silently (a suspended machine, a lost network) is noticed
 * by the system's probes while it waits, and by the failed send once it is answered.
 *
 * A client that left while the response was on its way looks as if it had read the response: its end is read first.
 * One more write tells the two apart, because the system refuses it only where the response was refused.
 */
import type { Socket } from 'node:net';
import type { ServiceRequest } from '../http/service.js';

/** Between two responses these bytes mean nothing: a client that still reads skips them. */
const NOTHING = '\r\n';
/**
 * Node then probes each second and gives up after ten probes, so that the poll of a vanished client ends before its
 * 20 seconds do.
 */
const PROBE_AFTER_MS = 5_000;

export class DeliveryWatch {
  readonly #probed = new WeakSet<Socket>();
  readonly #open = new WeakMap<Socket, () => void>();

  /** Must be called first for each request: a client that sends another request has read the last response. */
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
    // This listener must run before Node's own, which ends the socket.
    socket.prependListener('end', onEnd);
    socket.on('close', onClose);
    signal.addEventListener('abort', onAbort);
  }
}
