/**
 * The signatures that AWS documents, and the refusals of others. Requests that clients sign are tested in
 * signed-requests.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { Credentials } from '../../../local/http/credentials.js';
import type { Refusal } from '../../../local/http/refusal.js';
import { checkSignature, type SignedRequest } from '../../../local/http/sigv4.js';

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const HOST = 'examplebucket.s3.amazonaws.com';
const nowMs = Date.UTC(2013, 4, 24);

interface Example {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signedHeaders?: string;
  readonly signature?: string;
}

/** Returns the refusal of a request, or undefined if it is accepted. */
function refusalOf(request: SignedRequest, keys = [KEY]): Pick<Refusal, 'code' | 'status'> | undefined {
  const credentials = new Credentials();
  for (const key of keys) credentials.add(key);
  try {
    checkSignature(request, credentials);
    return undefined;
  } catch (error) {
    const { code, status } = error as Refusal;
    return { code, status };
  }
}

const requestOf = ({ method = 'GET', url, headers = {}, signedHeaders, signature }: Example): SignedRequest => {
  const all = {
    Host: HOST,
    ...headers,
    ...(signature === undefined
      ? {}
      : {
          Authorization: `AWS4-HMAC-SHA256 Credential=${KEY.accessKeyId}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`,
        }),
  };
  return { service: 's3', message: { method, url, rawHeaders: Object.entries(all).flat() }, body: undefined, nowMs };
};

const getObject = {
  url: '/test.txt',
  headers: { Range: 'bytes=0-9', 'x-amz-content-sha256': EMPTY, 'x-amz-date': '20130524T000000Z' },
  signedHeaders: 'host;range;x-amz-content-sha256;x-amz-date',
  signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
};
const presigned =
  '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
describe('AWS’s own examples are accepted', () => {
  test.each<[string, Example]>([
    ['of getting an object', getObject],
    [
      'of putting an object, with an HTTP date and a key that needs encoding',
      {
        method: 'PUT',
        url: '/test$file.text',
        headers: {
          Date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-date': '20130524T000000Z',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
          'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        },
        signedHeaders: 'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
        signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      },
    ],
    [
      'of a sub-resource without a value',
      {
        url: '/?lifecycle',
        headers: { 'x-amz-content-sha256': EMPTY, 'x-amz-date': '20130524T000000Z' },
        signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
        signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
      },
    ],
    [
      'of a query with values, in any order',
      {
        url: '/?prefix=J&max-keys=2',
        headers: { 'x-amz-content-sha256': EMPTY, 'x-amz-date': '20130524T000000Z' },
        signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
        signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      },
    ],
    ['of a presigned URL', { url: presigned }],
  ])('%s', (_, example) => {
    expect(refusalOf(requestOf(example))).toBeUndefined();
    expect(refusalOf(requestOf({ ...example, method: 'DELETE' }))).toEqual({
      code: 'SignatureDoesNotMatch',
      status: 403,
    });
  });

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
  test('for a service other than S3', () => {
    const headers = {
      Host: 'iam.amazonaws.com',
      'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
      'X-Amz-Date': '20150830T123600Z',
      Authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    };
    const request: SignedRequest = {
      service: 'iam' as SignedRequest['service'],
      message: {
        method: 'GET',
        url: '/?Action=ListUsers&Version=2010-05-08',
        rawHeaders: Object.entries(headers).flat(),
      },
      body: undefined,
      nowMs: Date.UTC(2015, 7, 30, 12, 36),
    };
    const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
    expect(refusalOf(request, [key])).toBeUndefined();
    expect(refusalOf({ ...request, body: Buffer.from('x') }, [key])?.code).toBe('SignatureDoesNotMatch');
  });
});

describe('the signature check refuses', () => {
  const minutes = (count: number): number => nowMs + count * 60_000;

  test('a request that is more than fifteen minutes early or late', () => {
    const request = requestOf(getObject);
    expect(refusalOf({ ...request, nowMs: minutes(14) })).toBeUndefined();
    expect(refusalOf({ ...request, nowMs: minutes(16) })).toEqual({ code: 'RequestTimeTooSkewed', status: 403 });
    expect(refusalOf({ ...request, nowMs: minutes(-16) })).toEqual({ code: 'RequestTimeTooSkewed', status: 403 });
  });

  test('a presigned URL that has expired, and one from the future', () => {
    const request = requestOf({ url: presigned });
    expect(refusalOf({ ...request, nowMs: minutes(24 * 60 - 1) })).toBeUndefined();
    expect(refusalOf({ ...request, nowMs: minutes(24 * 60 + 1) })).toEqual({ code: 'AccessDenied', status: 403 });
    expect(refusalOf({ ...request, nowMs: minutes(-16) })).toEqual({ code: 'AccessDenied', status: 403 });
  });

  test.each<[string, Example, string]>([
    ['an unsigned request', { url: '/' }, 'AccessDenied'],
    ['Signature Version 2', { url: '/', headers: { Authorization: 'AWS AKID:abc' } }, 'InvalidRequest'],
    ['Signature Version 2 in the query, in part', { url: '/?AWSAccessKeyId=a&Signature=b' }, 'InvalidRequest'],
    ['a request that is signed twice', { ...getObject, url: presigned }, 'InvalidArgument'],
    [
      'a URL without all parameters',
      { url: presigned.replace('X-Amz-Date', 'X-Amz-Day') },
      'AuthorizationQueryParametersError',
    ],
    [
      'a URL that is good for too long',
      { url: presigned.replace('=86400', '=604801') },
      'AuthorizationQueryParametersError',
    ],
    [
      'a signature for another service',
      { url: presigned.replace('%2Fs3%2F', '%2Fsqs%2F') },
      'AuthorizationQueryParametersError',
    ],
    [
      'a header that is no signature',
      { url: '/', headers: { Authorization: 'AWS4-HMAC-SHA256 x' } },
      'AuthorizationHeaderMalformed',
    ],
    ['an unknown key', { url: presigned.replace('IOSFODNN', 'IOSFODNX') }, 'InvalidAccessKeyId'],
    [
      'a token that the key does not have',
      { ...getObject, headers: { ...getObject.headers, 'x-amz-security-token': 'x' } },
      'InvalidToken',
    ],
    [
      'a header of AWS’s that is not signed',
      { ...getObject, headers: { ...getObject.headers, 'x-amz-acl': 'x' } },
      'AccessDenied',
    ],
    ['a signature without the host', { ...getObject, signedHeaders: 'x-amz-date' }, 'AccessDenied'],
    [
      'a changed header',
      { ...getObject, headers: { ...getObject.headers, Range: 'bytes=0-8' } },
      'SignatureDoesNotMatch',
    ],
    ['a changed path', { ...getObject, url: '/test.txu' }, 'SignatureDoesNotMatch'],
    ['a signature of another length', { ...getObject, signature: 'f0' }, 'SignatureDoesNotMatch'],
    [
      'a payload’s hash that is none',
      { ...getObject, headers: { ...getObject.headers, 'x-amz-content-sha256': 'x' } },
      'InvalidArgument',
    ],
  ])('%s', (_, example, code) => {
    expect(refusalOf(requestOf(example))?.code).toBe(code);
  });
});
