/** Sends requests that no SDK would send. */
import http from 'node:http';

export interface RawReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** The body is sent with exactly these headers, piece by piece. */
export function rawRequest(
  port: number,
  method: string,
  path: string,
  options: { readonly headers?: http.OutgoingHttpHeaders; readonly pieces?: readonly (string | Buffer)[] } = {},
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, method, path, headers: options.headers ?? {} }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    request.on('error', reject);
    for (const piece of options.pieces ?? []) request.write(piece);
    request.end();
  });
}

export const codeOf = (reply: RawReply): string | undefined => /<Code>(.*)<\/Code>/.exec(reply.body)?.[1];

/** Sends the headers alone and returns the reply that arrives before any of the body was sent. */
export function refusedBeforeBody(port: number, path: string, headers: http.OutgoingHttpHeaders): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, method: 'PUT', path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      response.on('end', () => {
        request.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.on('error', reject);
    request.flushHeaders();
  });
}
