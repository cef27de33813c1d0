// The example comes from AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Credentials } from '../../../local/http/credentials.js';
import { Refusal } from '../../../local/http/refusal.js';
import { checkSignature } from '../../../local/http/sigv4.js';

const AWS_KEY = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const credentials = new Credentials();
credentials.add(AWS_KEY);
const EXPIRES_SECONDS = 1_175_139_620;
const SIGNATURE = 'NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D';
const EXAMPLE = `/johnsmith/photos/puppy.jpg?AWSAccessKeyId=${AWS_KEY.accessKeyId}&Signature=${SIGNATURE}&Expires=${EXPIRES_SECONDS}`;

function refusalOf(url: string, more: { method?: string; headers?: readonly string[]; nowMs?: number } = {}) {
  const { method = 'GET', headers = [], nowMs = EXPIRES_SECONDS * 1000 } = more;
  const message = { method, url, rawHeaders: ['Host', '127.0.0.1', ...headers] };
  try {
    checkSignature({ service: 's3', message, body: undefined, nowMs }, credentials);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code;
  }
}

function signed(path: string, stringToSign: string, parameters = ''): string {
  const signature = createHmac('sha1', AWS_KEY.secretAccessKey).update(stringToSign).digest('base64');
  return `${path}?AWSAccessKeyId=${AWS_KEY.accessKeyId}&Signature=${encodeURIComponent(signature)}&Expires=${EXPIRES_SECONDS}${parameters}`;
}

describe('presigned URLs of Signature Version 2', () => {
  test('are accepted as AWS signs them', () => {
    expect(refusalOf(EXAMPLE)).toBeUndefined();
  });

  test('sign sub-resources, overrides and parameters that replace headers', () => {
    const url = signed(
      '/bucket/a%20key',
      `PUT\n\ntext/plain\n${EXPIRES_SECONDS}\nx-amz-meta-by:url\n/bucket/a%20key?partNumber=1&response-content-type=text/csv&uploadId=u`,
      '&uploadId=u&partNumber=1&response-content-type=text%2Fcsv&x-amz-meta-by=url&content-type=text%2Fplain',
    );
    expect(refusalOf(url, { method: 'PUT' })).toBeUndefined();
    expect(refusalOf(url.replace('uploadId=u', 'uploadId=v'), { method: 'PUT' })).toBe('SignatureDoesNotMatch');
  });

  test('may name the bucket in the host or in the path', () => {
    const url = EXAMPLE.replace('/johnsmith', '');
    expect(refusalOf(url, { headers: [] })).toBe('SignatureDoesNotMatch');
    const message = { method: 'GET', url, rawHeaders: ['Host', 'johnsmith.localhost:4566'] };
    const nowMs = EXPIRES_SECONDS * 1000;
    expect(() => checkSignature({ service: 's3', message, body: undefined, nowMs }, credentials)).not.toThrow();
  });

  test.each([
    ['another method', EXAMPLE, { method: 'DELETE' }, 'SignatureDoesNotMatch'],
    ['another key', EXAMPLE.replace('puppy', 'kitten'), {}, 'SignatureDoesNotMatch'],
    ['a header that was not signed', EXAMPLE, { headers: ['x-amz-acl', 'public-read'] }, 'SignatureDoesNotMatch'],
    ['their time being over', EXAMPLE, { nowMs: EXPIRES_SECONDS * 1000 + 1 }, 'AccessDenied'],
    ['a time that is none', EXAMPLE.replace(String(EXPIRES_SECONDS), 'never'), {}, 'AccessDenied'],
    ['an unknown access key', EXAMPLE.replace('AKIA', 'AKIB'), {}, 'InvalidAccessKeyId'],
    ['a token that the key has not', `${EXAMPLE}&x-amz-security-token=abc`, {}, 'InvalidToken'],
  ])('are refused for %s', (_what, url, more, code) => {
    expect(refusalOf(url, more)).toBe(code);
  });
});
