/** Bytes to a port, and what comes back: for what no HTTP client would send. */
import net from 'node:net';

export interface RawAnswer {
  /** Undefined when the connection ended without an answer. */
  readonly status: number | undefined;
  readonly text: string;
}

/** Sends all at once; resolves with the first answer that is complete, or with what came until the server hung up. */
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
    socket.on('error', () => undefined); // told by 'close'
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
