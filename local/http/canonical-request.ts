/** Brings a request as it arrived into the canonical form that signatures are computed from. */

export function splitTarget(target: string): { readonly path: string; readonly query: readonly QueryParameter[] } {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: [] };
  return { path: target.slice(0, mark), query: parseQuery(target.slice(mark + 1)) };
}

export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

/** A plus is read as a space, as all of AWS's services do. */
function parseQuery(text: string): readonly QueryParameter[] {
  if (text === '') return [];
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const [name, value] = equals === -1 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
      return { name: decode(name.replaceAll('+', ' ')), value: decode(value.replaceAll('+', ' ')) };
    });
}

/**
 * Returns the headers by their names in lower case. The values of a repeated header are joined. Runs of spaces and
 * tabs become one space, as SDKs sign them.
 */
export function headerMap(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = (rawHeaders[index + 1] ?? '').trim().replace(/[ \t]+/g, ' ');
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}

const PLAIN_PATH = /^[\w\-.~/]*$/;

/**
 * S3's keys are names, not paths: they are encoded once and keep `..` and `//`. All other services fold those and
 * encode the path a second time.
 */
export function canonicalPath(path: string, isS3: boolean): string {
  if (path === '/' || path === '') return '/';
  if (!isS3) return encode(fold(path), '/');
  return PLAIN_PATH.test(path) ? path : encode(decode(path), '/');
}

function fold(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const folded = `/${segments.join('/')}`;
  return path.endsWith('/') && folded !== '/' ? `${folded}/` : folded;
}

/** The parameter that carries the signature is left out. */
export function canonicalQuery(query: readonly QueryParameter[]): string {
  if (query.length === 0) return '';
  return query
    .filter(({ name }) => name !== 'X-Amz-Signature')
    .map(({ name, value }) => [encode(name), encode(value)] as const)
    .sort(([oneName, oneValue], [name, value]) => order(oneName, name) || order(oneValue, value))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Encoded text is ASCII, so comparing code units suffices. */
const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Text that cannot be decoded stays as it is; a client cannot have signed it in this form. */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** AWS calls this function UriEncode: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function encode(text: string, kept = ''): string {
  let encoded: string;
  try {
    encoded = encodeURIComponent(text);
  } catch {
    return text;
  }
  encoded = encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return kept === '' ? encoded : encoded.replaceAll('%2F', kept);
}
