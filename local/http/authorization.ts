/** Reads the signature of a request from its Authorization header or, if it is presigned, from its query. */
import type { QueryParameter } from './canonical-request.js';
import { Refusal } from './refusal.js';
import type { Service } from './service.js';

export interface Authorization {
  readonly accessKeyId: string;
  readonly scope: { readonly text: string; readonly date: string; readonly region: string; readonly service: string };
  /** The names in lower case, in the order in which they were signed. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly time: { readonly text: string; readonly ms: number };
  readonly sessionToken: string | undefined;
  /** Present only in presigned URLs. */
  readonly expiresSeconds: number | undefined;
  readonly contentSha256: string | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** A week is S3's limit: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const MAX_EXPIRES_SECONDS = 604_800;

export function readAuthorization(
  service: Service['name'],
  headers: ReadonlyMap<string, string>,
  query: readonly QueryParameter[],
): Authorization {
  const header = headers.get('authorization');
  const parameters = new Map(query.map(({ name, value }) => [name, value]));
  const isPresigned = parameters.has('X-Amz-Algorithm') || parameters.has('X-Amz-Signature');
  if (header !== undefined && isPresigned) throw new Refusal(service, 'signed-twice');
  if (header !== undefined) return ofHeader(service, header, headers);
  if (isPresigned) return ofQuery(service, parameters);
  // These are parameters of Signature Version 2:
  // https://docs.aws.amazon.com/AmazonS3/latest/API/auth-request-sig-v2.html
  if (parameters.has('AWSAccessKeyId') || parameters.has('Signature')) throw new Refusal(service, 'unsupported');
  throw new Refusal(service, 'unsigned');
}

function ofHeader(service: Service['name'], header: string, headers: ReadonlyMap<string, string>): Authorization {
  const malformed = (what: string): Refusal => new Refusal(service, 'malformed-header', { what });
  if (!header.startsWith(`${ALGORITHM} `)) throw new Refusal(service, 'unsupported');
  const fields = new Map<string, string>();
  for (const part of header.slice(ALGORITHM.length).split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const field = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined || value === '') throw malformed(`${name} is missing.`);
    return value;
  };
  return {
    ...readCredential(service, field('Credential'), malformed),
    signedHeaders: field('SignedHeaders').toLowerCase().split(';'),
    signature: field('Signature'),
    time: readTime(service, headers.get('x-amz-date') ?? headers.get('date')),
    sessionToken: headers.get('x-amz-security-token'),
    expiresSeconds: undefined,
    contentSha256: undefined,
  };
}

function ofQuery(service: Service['name'], parameters: ReadonlyMap<string, string>): Authorization {
  const malformed = (what: string): Refusal => new Refusal(service, 'malformed-query', { what });
  const parameter = (name: string): string => {
    const value = parameters.get(name);
    if (value !== undefined) return value;
    throw malformed(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  };
  if (parameter('X-Amz-Algorithm') !== ALGORITHM) throw malformed(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const expires = parameter('X-Amz-Expires');
  if (!/^\d{1,9}$/.test(expires)) throw malformed('X-Amz-Expires should be a number');
  if (Number(expires) > MAX_EXPIRES_SECONDS) {
    throw malformed(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_SECONDS} seconds`,
    );
  }
  return {
    ...readCredential(service, parameter('X-Amz-Credential'), malformed),
    signedHeaders: parameter('X-Amz-SignedHeaders').toLowerCase().split(';'),
    signature: parameter('X-Amz-Signature'),
    time: readTime(service, parameter('X-Amz-Date')),
    sessionToken: parameters.get('X-Amz-Security-Token'),
    expiresSeconds: Number(expires),
    contentSha256: parameters.get('X-Amz-Content-Sha256'),
  };
}

/** Parses a credential such as `AKIA…/20260101/us-east-1/s3/aws4_request`. */
function readCredential(
  service: Service['name'],
  credential: string,
  malformed: (what: string) => Refusal,
): Pick<Authorization, 'accessKeyId' | 'scope'> {
  const [accessKeyId = '', date, region, scopeService, terminator, ...rest] = credential.split('/');
  if (
    accessKeyId === '' ||
    date === undefined ||
    region === undefined ||
    scopeService === undefined ||
    rest.length > 0
  ) {
    throw malformed(
      `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request", not "${credential}".`,
    );
  }
  if (terminator !== 'aws4_request' || !/^\d{8}$/.test(date) || region === '') {
    throw malformed(`the Credential's scope "${credential}" is not YYYYMMDD/REGION/SERVICE/aws4_request.`);
  }
  if (scopeService !== service) {
    throw malformed(`Credential should be scoped to correct service: '${service}', not '${scopeService}'.`);
  }
  const scope = { text: `${date}/${region}/${scopeService}/aws4_request`, date, region, service: scopeService };
  return { accessKeyId, scope };
}

/** Reads a time in the basic form of ISO 8601; the Date header may also have HTTP's form. */
function readTime(service: Service['name'], text: string | undefined): Authorization['time'] {
  if (text === undefined) throw new Refusal(service, 'date-missing');
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const iso = year === undefined ? text : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new Refusal(service, 'date-missing');
  return { text: year === undefined ? basicIso(ms) : text, ms };
}

const basicIso = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
