/**
 * A body that is too large, or has too many elements, is refused before it is parsed: a parser blocks every other
 * client.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../../local/cloud.js';
import { mostBodyBytes } from '../../../local/http/body-bounds.js';
import { Query } from '../../../local/ec2/query.js';
import { DEFAULT_OPTIONS } from '../../../local/options.js';
import { parseXml } from '../../../local/s3/xml.js';
import { ROUTES } from '../../../local/s3/routes.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import { exchange } from './raw.js';

const MEBIBYTE = 1024 * 1024;

describe('the bound of a body', () => {
  it('depends on the action: only actions that need large bodies may send them', () => {
    const large = ROUTES.map(({ operation }) => operation).filter((name) => mostBodyBytes('s3', name) > 128 * 1024);
    expect(large.sort()).toEqual(['CompleteMultipartUpload', 'DeleteObjects', 'PutBucketLifecycleConfiguration']);
    expect(mostBodyBytes('s3', 'DeleteObjects')).toBe(2 * MEBIBYTE);
    expect(mostBodyBytes('sqs', 'SendMessage')).toBeGreaterThan(6 * MEBIBYTE);
    expect(mostBodyBytes('sqs', 'ReceiveMessage')).toBe(256 * 1024);
    expect(mostBodyBytes('sqs', 'constructor')).toBe(256 * 1024);
  });
});

describe('a call with a larger body', () => {
  let cloud: LocalCloud;
  beforeAll(async () => {
    cloud = await startLocalCloud(DEFAULT_OPTIONS);
  });
  afterAll(() => cloud.close());

  it.each([
    [
      'SQS',
      { 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
      mostBodyBytes('sqs'),
      413,
      'RequestEntityTooLargeException',
    ],
    [
      'SQS',
      { 'x-amz-target': 'AmazonSQS.SendMessage' },
      mostBodyBytes('sqs', 'SendMessage'),
      413,
      'RequestEntityTooLargeException',
    ],
    [
      'EC2',
      { authorization: 'Credential=a/20260101/r/ec2/aws4_request' },
      mostBodyBytes('ec2'),
      413,
      'RequestEntityTooLarge',
    ],
    [
      'STS',
      { authorization: 'Credential=a/20260101/r/sts/aws4_request' },
      mostBodyBytes('sts'),
      413,
      'RequestEntityTooLarge',
    ],
  ])('is refused by %s before any of it has arrived', async (_, headers, most, status, code) => {
    const ask = (size: number) => {
      const lines = Object.entries({ host: '127.0.0.1', 'content-length': String(size), ...headers });
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      return exchange(Number(new URL(cloud.endpoint).port), `POST / HTTP/1.1\r\n${head}\r\n`);
    };
    const answer = await ask(most + 1);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(code)]);
  });

  it('is refused by the admin route, too', async () => {
    const answer = await fetch(`${cloud.endpoint}/_local/market`, {
      method: 'POST',
      headers: { authorization: basicAuthorization(cloud.accessKey) },
      body: 'x'.repeat(mostBodyBytes('admin') + 1),
    });
    expect(answer.status).toBe(413);
  });
});

describe('a document with too many elements', () => {
  const objects = (count: number): string => `<Delete>${'<Object><Key>k</Key></Object>'.repeat(count)}</Delete>`;

  it('is malformed, even if it is valid XML', () => {
    expect(parseXml(objects(10), 'Delete', 100)).toHaveProperty('Object');
    expect(() => parseXml(objects(100), 'Delete', 100)).toThrow('The XML you provided was not well-formed');
    expect(() => parseXml(`<Tagging>${'<a/>'.repeat(100_000)}</Tagging>`, 'Tagging')).toThrow('not well-formed');
  });

  it('is refused if it is a form with too many parameters', () => {
    expect(() => Query.read('Action=DescribeInstances&'.repeat(10_001))).toThrow('There are too many parameters.');
    expect(Query.read('Action=DescribeInstances&Filter.1.Name=a').string('Action')).toBe('DescribeInstances');
  });
});
