/**
 * Removes the `aws-chunked` framing from a body: `<hex size>[;chunk-signature=…]\r\n<data>\r\n` repeated, a chunk
 * of size 0, then trailers. The SDK frames every stream in this way, even without signatures.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 *
 * Data is passed on as slices of the input; only a chunk's header line and the trailers are ever buffered.
 */
import { incompleteBody, invalidRequest } from './errors.js';

/** A size of 16 hex digits and a signature of 64 fit five times. */
const MAX_HEADER_BYTES = 512;
/** This is enough for one checksum and one signature, with room for names that AWS may add. */
const MAX_TRAILER_BYTES = 16 * 1024;

const LINE_FEED = 0x0a;

export interface Framing {
  readonly data: AsyncIterable<Uint8Array>;
  /** The trailers by lower-case names; complete once `data` has ended. */
  readonly trailers: ReadonlyMap<string, string>;
}

export function decodeAwsChunked(source: AsyncIterable<Uint8Array>): Framing {
  const trailers = new Map<string, string>();
  return { data: unframe(source, trailers), trailers };
}

type Part = 'header' | 'data' | 'data-end' | 'trailers';

async function* unframe(
  source: AsyncIterable<Uint8Array>,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let part: Part = 'header';
  let line = Buffer.alloc(0);
  let left = 0;
  for await (const arrived of source) {
    let at = 0;
    while (at < arrived.length) {
      if (part === 'data') {
        const end = Math.min(at + left, arrived.length);
        yield arrived.subarray(at, end);
        left -= end - at;
        at = end;
        if (left === 0) part = 'data-end';
        continue;
      }
      if (part === 'trailers') {
        line = Buffer.concat([line, arrived.subarray(at)]);
        if (line.length > MAX_TRAILER_BYTES) throw malformedFraming('its trailers are too long');
        break;
      }
      const lineEnd = arrived.indexOf(LINE_FEED, at);
      const end = lineEnd === -1 ? arrived.length : lineEnd + 1;
      line = Buffer.concat([line, arrived.subarray(at, end)]);
      at = end;
      if (line.length > MAX_HEADER_BYTES) throw malformedFraming('a chunk has no header line');
      if (lineEnd === -1) break;
      const text = line.toString('latin1').trimEnd();
      line = Buffer.alloc(0);
      if (part === 'data-end') {
        if (text !== '') throw malformedFraming('a chunk is longer than its header says');
        part = 'header';
      } else {
        left = parseChunkHeader(text);
        part = left === 0 ? 'trailers' : 'data';
      }
    }
  }
  if (part !== 'trailers') throw incompleteBody();
  for (const text of line.toString('latin1').split(/\r?\n/)) {
    const colon = text.indexOf(':');
    if (colon > 0) trailers.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
  }
}

function parseChunkHeader(text: string): number {
  const digits = /^([0-9a-fA-F]{1,12})(;|$)/.exec(text)?.[1];
  if (digits === undefined) throw malformedFraming(`a chunk begins with ${JSON.stringify(text.slice(0, 80))}`);
  return Number.parseInt(digits, 16);
}

const malformedFraming = (what: string): Error =>
  invalidRequest(`The aws-chunked framing of the body is malformed: ${what}.`);
