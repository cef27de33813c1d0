/** Sends bytes to a port and reads the answer, for requests that no HTTP client would send. */
import net from 'node:net';

export interface RawAnswer {
  /** Undefined if the connection ended without an answer. */
  readonly status: number | undefined;
  readonly text: string;
}

/**
 * Sends all bytes in one step. Resolves with the first complete answer, or with the bytes that arrived before the
 * server closed the connection.
 */
export function exchange(port: number, bytes: string | Uint8Array, timeoutMs = 10_000): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? NaN) || undefined, text });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`No answer within ${timeoutMs} ms to ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`));
    }, timeoutMs);
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
      if (isComplete(text)) finish();
    });
    socket.on('close', finish);
    socket.on('error', () => undefined); // The event 'close' follows and ends the wait.
  });
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = text.slice(0, end);
  if (/^HTTP\/1\.1 (1\d\d|204|304)/.test(head)) return !/^HTTP\/1\.1 1/.test(head);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return text.length - end - 4 >= Number(length);
  return /\r\ntransfer-encoding: chunked/i.test(head) ? text.endsWith('0\r\n\r\n') : false;
}
