/**
 * Requests that look real and are wrong in places, for each service. They combine the service's own names with
 * values that often break servers.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { actions as ec2Actions } from '../../../local/ec2/actions.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import { ROUTES } from '../../../local/s3/routes.js';
import { actions as sqsActions } from '../../../local/sqs/registry.js';
import { TEST_KEY } from '../ec2/support.js';
import { anyJson, biting, encode, formOf, mostly, number, type Parameters, recordOf, words } from './fuzz-values.js';

export interface FuzzRequest {
  readonly method: string;
  /** The request target as it is sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const scopedTo = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`;

const QUEUE = 'http://127.0.0.1/000000000000/queue';
const OTHER = 'http://127.0.0.1/000000000000/other';
const texts = fc.array(mostly(biting), { maxLength: 11 });
const map = (names: string) =>
  fc.dictionary(fc.oneof(fc.constantFrom(...words(names)), biting), mostly(biting), { maxKeys: 4 });
const messageAttribute = recordOf({
  DataType: fc.constantFrom('String', 'Number', 'Binary', 'String.x'),
  StringValue: biting,
  BinaryValue: biting,
});
const messageAttributes = fc.dictionary(biting, mostly(messageAttribute), { maxKeys: 3 });
const entry = {
  Id: fc.oneof(fc.constantFrom('1', '2'), biting),
  MessageBody: biting,
  ReceiptHandle: biting,
  VisibilityTimeout: number,
  DelaySeconds: number,
  MessageGroupId: biting,
  MessageAttributes: messageAttributes,
  MessageSystemAttributes: messageAttributes,
};
const arn = fc.oneof(fc.constant('arn:aws:sqs:us-east-1:000000000000:queue'), biting);
const sqsFields = recordOf({
  ...entry,
  QueueUrl: fc.oneof(fc.constantFrom(QUEUE, QUEUE, OTHER), biting),
  QueueName: fc.oneof(fc.constantFrom('queue', 'other'), biting),
  QueueNamePrefix: biting,
  QueueOwnerAWSAccountId: biting,
  Entries: fc.array(mostly(recordOf(entry)), { maxLength: 11 }),
  Attributes: map(
    'VisibilityTimeout DelaySeconds RedrivePolicy RedriveAllowPolicy Policy KmsMasterKeyId All FifoQueue',
  ),
  tags: map('a b'),
  Tags: map('a b'),
  TagKeys: texts,
  AttributeNames: texts,
  MessageAttributeNames: texts,
  MessageSystemAttributeNames: texts,
  MaxNumberOfMessages: number,
  MaxNumberOfMessagesPerSecond: number,
  MaxResults: number,
  NextToken: biting,
  SourceArn: arn,
  DestinationArn: arn,
  TaskHandle: biting,
}).map((fields): Record<string, unknown> => ({ QueueUrl: QUEUE, ...fields }));
/** None of these values makes a poll wait. */
const noWait = fc.constantFrom<unknown>(undefined, undefined, undefined, undefined, 0, 0, -1, 21, {});

export const sqsRequest: fc.Arbitrary<FuzzRequest> = fc
  .record({
    action: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...sqsActions.keys()) },
      { weight: 1, arbitrary: biting },
    ),
    fields: sqsFields,
    WaitTimeSeconds: noWait,
    raw: fc.oneof(
      { weight: 19, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.oneof(fc.json(), fc.constantFrom('{', '[]', 'null', '{"a":', '\ufeff{}')) },
    ),
  })
  .map(({ action, fields, WaitTimeSeconds, raw }) => ({
    method: 'POST',
    target: '/',
    headers: {
      'x-amz-target': `AmazonSQS.${action.replace(/[^\x21-\x7e]/g, '')}`,
      'content-type': 'application/x-amz-json-1.0',
    },
    // The queue of the test must stay, because without it no other action would find anything.
    body:
      raw ?? JSON.stringify({ ...fields, WaitTimeSeconds, ...(action === 'DeleteQueue' ? { QueueUrl: OTHER } : {}) }),
  }));

const EC2_NAMES = words(
  'Arn AllocationStrategy AvailabilityZone DefaultTargetCapacityType IamFleetRole IamInstanceProfile ImageId InstanceRequirements InstanceType Key LaunchTemplateId LaunchTemplateName LaunchTemplateSpecification LaunchTemplateConfigs Max MetadataOptions Min MemoryMiB Name OnDemandTargetCapacity Overrides SpotOptions SubnetId Tag ResourceType TargetCapacity TotalTargetCapacity Type UserData VCpuCount Value Version WeightedCapacity 1 1 1 2 999999999 0',
);
const parametersOf = (first: readonly string[]): fc.Arbitrary<Parameters> => {
  const below = fc.array(fc.constantFrom(...EC2_NAMES), { maxLength: 4 });
  const name = fc.tuple(fc.constantFrom(...first), below).map(([own, names]) => [own, ...names].join('.'));
  return fc.array(fc.tuple(name, biting), { maxLength: 6 });
};

interface Call {
  readonly name: string;
  readonly parameters: Parameters;
}

const queryRequest = (service: string, version: string, call: fc.Arbitrary<Call>): fc.Arbitrary<FuzzRequest> =>
  fc.record({ call, isGet: fc.boolean(), roll: fc.nat(29) }).map(({ call: { name, parameters }, isGet, roll }) => {
    const form = formOf([['Action', name], ['Version', roll === 0 ? '1' : version], ...parameters]);
    return {
      method: isGet ? 'GET' : 'POST',
      target: isGet ? `/?${form}`.slice(0, 12_000) : '/',
      headers: { authorization: scopedTo(service), 'content-type': 'application/x-www-form-urlencoded' },
      body: isGet ? '' : form,
    };
  });

/** Parameters that the protocol allows in every request are not the action's own. */
const ownParameters = (parameters: ReadonlySet<string>): readonly string[] =>
  [...parameters].filter((name) => !/^(Action|Version|X-Amz-.*)$/.test(name));
const ec2Calls = [...ec2Actions].map(([name, { parameters }]) =>
  parametersOf(ownParameters(parameters)).map((given): Call => ({ name, parameters: given })),
);
const wrongCall = biting.map((name): Call => ({ name, parameters: [] }));
const identityCall = fc.constant<Call>({ name: 'GetCallerIdentity', parameters: [] });

export const ec2Request = queryRequest('ec2', '2016-11-15', fc.oneof(...ec2Calls, wrongCall));
export const stsRequest = queryRequest('sts', '2011-06-15', fc.oneof(identityCall, wrongCall));

const S3_HEADERS = words(
  'range if-match if-none-match if-modified-since x-amz-copy-source x-amz-copy-source-range x-amz-checksum-crc32 x-amz-checksum-sha256 x-amz-sdk-checksum-algorithm x-amz-content-sha256 x-amz-decoded-content-length x-amz-trailer x-amz-meta-a x-amz-tagging x-amz-metadata-directive x-amz-object-attributes content-md5 content-encoding content-type x-amz-mp-object-size x-amz-acl',
);
const DOCUMENTS = [
  '<Delete><Object><Key>a</Key></Object></Delete>',
  '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>',
  '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
  '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  '<CreateBucketConfiguration><LocationConstraint>',
];
/** The characters that a header may contain: visible ones and the tab, but no other control characters. */
const headerValue = fc.oneof(
  biting.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').trim()),
  fc.constantFrom('bytes=0-1', 'bytes=-0', '/bucket/a', 'bucket/%zz', '"x"', 'aws-chunked', 'AAAAAA==', 'a=b&c=d'),
  fc.constantFrom('STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-checksum-crc32', 'ETag,ObjectParts'),
);
const s3Headers = fc.dictionary(fc.constantFrom(...S3_HEADERS), headerValue, { maxKeys: 3 });

/** A route with its required parameters, some of its allowed ones, and now and then one that it does not allow. */
const s3Routes = ROUTES.map(({ method, target, requires, allows = [], operation }) =>
  fc.record({
    method: fc.oneof(
      { weight: 19, arbitrary: fc.constant<string>(method) },
      { weight: 1, arbitrary: fc.constant('PATCH') },
    ),
    bucket:
      target === 'service'
        ? fc.constant('')
        : fc.oneof(
            // The bucket of the test must stay, because without it no other operation would find anything.
            { weight: 19, arbitrary: fc.constant(operation === 'DeleteBucket' ? 'other' : 'bucket') },
            { weight: 1, arbitrary: biting.filter((text) => text !== 'bucket').map(encode) },
          ),
    key:
      target === 'object'
        ? fc.oneof(fc.constantFrom('a', 'a', 'b/c', '..', '%zz', '%00', '%ff'), biting.map(encode))
        : fc.constant(undefined),
    required: fc.tuple(
      ...Object.entries(requires).map(([name, value]) =>
        fc.tuple(
          fc.constant(name),
          value === undefined ? fc.oneof(fc.constantFrom('', '1', '@upload'), biting) : fc.constant(value),
        ),
      ),
    ),
    others: fc.array(fc.tuple(fc.constantFrom(...allows, ...allows, 'x-id', 'X-Amz-Expires', 'versionId'), biting), {
      maxLength: 2,
    }),
    headers: s3Headers,
    body: method === 'PUT' || method === 'POST' ? fc.oneof(fc.constantFrom('', ...DOCUMENTS), biting) : fc.constant(''),
  }),
);

export const s3Request: fc.Arbitrary<FuzzRequest> = fc
  .oneof(...s3Routes)
  .map(({ method, bucket, key, required, others, headers, body }) => {
    const query = formOf([...required, ...others]);
    const target = `/${bucket}${key === undefined ? '' : `/${key}`}${query === '' ? '' : `?${query}`}`;
    // Without a digest, documents of this operation are not read.
    const digest = required.some(([name]) => name === 'delete') ? { 'content-md5': md5(body) } : {};
    return { method, target: target.slice(0, 12_000), headers: { ...headers, ...digest }, body };
  });

const md5 = (text: string): string => createHash('md5').update(text).digest('base64');

const SCHEDULE_PARAMETERS = words('groupName NextToken MaxResults NamePrefix State ScheduleGroup clientToken');
const scheduleTarget = recordOf({
  Arn: fc.oneof(fc.constant('arn:aws:scheduler:::aws-sdk:ec2:modifyFleet'), biting),
  RoleArn: fc.oneof(fc.constant('arn:aws:iam::000000000000:role/role'), biting),
  Input: fc.oneof(fc.constantFrom('{"FleetId":"@fleet"}', '{'), biting),
  RetryPolicy: anyJson,
});

const SCHEDULE = {
  ScheduleExpression: 'at(2036-01-01T00:00:00)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: {
    Arn: 'arn:aws:scheduler:::aws-sdk:ec2:modifyFleet',
    RoleArn: 'arn:aws:iam::000000000000:role/role',
    Input: '{"FleetId":"@fleet","TargetCapacitySpecification":{"TotalTargetCapacity":0}}',
  },
};

export const schedulerRequest: fc.Arbitrary<FuzzRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'POST', 'POST', 'DELETE', 'HEAD'),
    name: fc.oneof(
      fc.constantFrom('', '/name', '/name', '/name/more', '/..', '/%zz'),
      biting.map((text) => `/${encode(text)}`),
    ),
    query: fc.array(fc.tuple(fc.constantFrom(...SCHEDULE_PARAMETERS), biting), { maxLength: 2 }),
    body: recordOf({
      ScheduleExpression: fc.oneof(
        fc.constantFrom('at(2036-01-01T00:00:00)', 'rate(1 minute)', 'at(2036-13-01T00:00:00)'),
        biting,
      ),
      ScheduleExpressionTimezone: fc.oneof(fc.constantFrom('UTC', 'Europe/Berlin', 'Nowhere/None'), biting),
      FlexibleTimeWindow: recordOf({ Mode: fc.oneof(fc.constant('OFF'), biting), MaximumWindowInMinutes: number }),
      Target: scheduleTarget,
      State: biting,
      StartDate: number,
      EndDate: number,
      ActionAfterCompletion: biting,
      GroupName: fc.oneof(fc.constant('default'), biting),
      ClientToken: biting,
    }).map((fields) => ({ ...SCHEDULE, ...fields })),
  })
  .map(({ method, name, query, body }) => ({
    method,
    target: `/schedules${name}?${formOf(query)}`,
    headers: { authorization: scopedTo('scheduler'), 'content-type': 'application/json' },
    body: method === 'GET' || method === 'HEAD' ? '' : JSON.stringify(body),
  }));

const ADMIN_PATHS = words(
  'state market instances/i-0/reclaim instances/i-0/rebalance reclaim-all faults faults/x imperfections ../x %zz',
);
const adminBody = recordOf({
  noticeMs: number,
  takenAfterMs: number,
  capacity: fc.constantFrom<unknown>(-1, 0.5, '0'), // No capacity is allowed under which an instance starts.
  dollarsPerHour: number,
  pool: recordOf({ instanceType: biting, zone: biting }),
  // The faults are for a service that the test does not call, because they must not hit its requests.
  service: fc.constant('sts'),
  action: fc.constant('None'),
  fault: fc.constantFrom('500', 'slow', 'none'),
  rate: number,
  times: number,
  delayMs: number,
  ec2: recordOf({ describeLagMs: number }),
});

/** Requests to the admin route, without the shutdown. */
export const adminRequest: fc.Arbitrary<FuzzRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'POST', 'POST', 'DELETE', 'PUT', 'HEAD'),
    path: fc.constantFrom(...ADMIN_PATHS),
    // One request in eight has an unknown key.
    authorization: fc.oneof({ weight: 7, arbitrary: fc.constant(basicAuthorization(TEST_KEY)) }, fc.string()),
    // One request in four has no action, and so causes no fault.
    body: fc.oneof(
      adminBody.filter((body) => !('fault' in body) || body['action'] === 'None').map((body) => JSON.stringify(body)),
      biting,
    ),
  })
  .map(({ method, path, authorization, body }) => ({
    method,
    target: `/_local/${path}`,
    headers: { authorization },
    body,
  }));

const LINES = [
  ...['GET / HTTP/1.1', 'POST / HTTP/1.0', 'PUT /bucket/a HTTP/1.1', 'HEAD * HTTP/1.1', 'host: 127.0.0.1'],
  ...[
    'x-amz-target: AmazonSQS.ListQueues',
    `authorization: ${scopedTo('ec2')}`,
    'expect: 100-continue',
    'expect: more',
  ],
  ...['transfer-encoding: chunked', 'transfer-encoding: gzip, chunked', 'content-length: 5', 'content-length: 0'],
  ...['upgrade: h2c', 'connection: upgrade', 'connection: close', '5', 'hello', 'ffffffffffffffff', '0', '', ''],
];

/** Bytes that are almost HTTP. */
export const rawBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...LINES) }, { weight: 1, arbitrary: biting }), {
      maxLength: 12,
    })
    .map((lines) => Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1')),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
);
