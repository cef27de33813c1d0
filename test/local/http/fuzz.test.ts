/**
 * Every route of every service gets wrong requests, and bytes that are no requests. Each must be answered in the
 * service's own form and never with an internal error, and nothing may be left behind. FUZZ_SECONDS sets the
 * duration (about 8 by default), FUZZ_SEED the seed.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noFaults } from '../../../local/admin/faults.js';
import { createAdminService } from '../../../local/admin/service.js';
import { Compute, DEFAULT_COMPUTE_OPTIONS } from '../../../local/ec2/compute.js';
import { createEc2Service } from '../../../local/ec2/service.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import { type RunningServer, startServer } from '../../../local/http/server.js';
import { noWatchdog } from '../../../local/instances/watchdog.js';
import { createS3Service } from '../../../local/s3/service.js';
import { invokeEc2 } from '../../../local/scheduler/ec2-target.js';
import { Schedules } from '../../../local/scheduler/schedules.js';
import { createSchedulerService } from '../../../local/scheduler/service.js';
import { createSqsService } from '../../../local/sqs/service.js';
import { SqsStore } from '../../../local/sqs/store.js';
import { createStsService } from '../../../local/sts/service.js';
import {
  adminRequest,
  ec2Request,
  type FuzzRequest,
  rawBytes,
  s3Request,
  schedulerRequest,
  sqsRequest,
  stsRequest,
} from './fuzz-requests.js';
import { knowing, TEST_KEY } from '../ec2/support.js';
import { FakeClock } from '../support/fake-clock.js';
import { exchange, type RawAnswer } from './raw.js';

const PROPERTIES = 7;
const budgetMs = (Number(process.env['FUZZ_SECONDS'] ?? 8) * 1_000) / PROPERTIES;
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
/** No request of this test waits. */
const HANG_MS = 5_000;

const directory = mkdtempSync(path.join(tmpdir(), 'fuzz-'));
// No instance ever starts, because its user data would be run.
const compute = new Compute({ ...DEFAULT_COMPUTE_OPTIONS, directory, capacity: 0 }, noWatchdog);
const store = new SqsStore({});
const schedules = new Schedules({ clock: new FakeClock(), region: 'us-east-1', invoke: invokeEc2(compute) });
let server: RunningServer;

beforeAll(async () => {
  const services = {
    sqs: createSqsService({ store }),
    s3: createS3Service({ directory: path.join(directory, 'objects') }),
    ec2: createEc2Service(compute),
    scheduler: createSchedulerService({ schedules }),
    sts: createStsService(),
    admin: createAdminService({
      credentials: knowing(TEST_KEY),
      compute,
      schedules,
      faults: noFaults(),
      shutdown: () => undefined,
    }),
  };
  server = await startServer(services, { port: 0, headersTimeoutMs: 1_000 });
  await ask({ method: 'PUT', target: '/bucket', headers: {}, body: '' });
  await makeThings();
});
afterAll(async () => {
  await server.close();
  schedules.close();
  store.close();
  await compute.close();
  rmSync(directory, { recursive: true });
});

/** The ids of existing things, by the names that requests use for them. */
const things: Record<string, string> = {};
const withThings = (text: string): string =>
  text.replace(/(?:@|%40)(\w+)/g, (all, name: string) => (Object.hasOwn(things, name) ? (things[name] ?? '') : all));

async function makeThings(): Promise<void> {
  const post = (target: string, headers: Record<string, string>, body: string) =>
    ask({ method: 'POST', target, headers, body });
  const sqs = (action: string, body: object) =>
    post('/', { 'x-amz-target': `AmazonSQS.${action}` }, JSON.stringify(body));
  const ec2 = (form: string) => post('/', { authorization: 'Credential=a/b/c/ec2/d' }, `Version=2016-11-15&${form}`);
  const found = (pattern: RegExp, { text }: RawAnswer): string => pattern.exec(text)?.[1] ?? '';
  const QueueUrl = 'http://127.0.0.1/000000000000/queue';
  await sqs('CreateQueue', { QueueName: 'queue' });
  await sqs('SendMessage', { QueueUrl, MessageBody: 'body' });
  things['receipt'] = found(/"ReceiptHandle":"([^"]+)"/, await sqs('ReceiveMessage', { QueueUrl }));
  things['upload'] = found(/<UploadId>([^<]+)/, await post('/bucket/a?uploads', {}, ''));
  const data = 'LaunchTemplateData.ImageId=ami-1&LaunchTemplateData.InstanceType=c7g.large';
  await ec2(`Action=CreateLaunchTemplate&LaunchTemplateName=template&${data}`);
  const template = 'LaunchTemplateConfigs.1.LaunchTemplateSpecification';
  const config = `${template}.LaunchTemplateName=template&${template}.Version=1`;
  const target =
    'TargetCapacitySpecification.TotalTargetCapacity=0&TargetCapacitySpecification.DefaultTargetCapacityType=spot';
  things['fleet'] = found(/<fleetId>([^<]+)/, await ec2(`Action=CreateFleet&${target}&${config}`));
  expect(Object.entries(things).filter(([, id]) => id === '')).toEqual([]);
}

function ask(request: FuzzRequest): Promise<RawAnswer> {
  const { method, headers } = request;
  const [target, body] = [withThings(request.target), withThings(request.body)];
  const all = { host: '127.0.0.1', connection: 'close', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'),
    Buffer.from(body),
  ]);
  return exchange(server.port, bytes, HANG_MS);
}

function bodyOf({ text }: RawAnswer): string {
  const end = text.indexOf('\r\n\r\n');
  let body = text.slice(end + 4);
  if (/\r\ntransfer-encoding: chunked/i.test(text.slice(0, end))) {
    let whole = '';
    for (let [size] = sizeOf(body); size > 0; [size] = sizeOf(body)) {
      const from = sizeOf(body)[1];
      whole += body.slice(from, from + size);
      body = body.slice(from + size + 2);
    }
    body = whole;
  }
  return Buffer.from(body, 'latin1').toString();
}

/** Returns the size of a chunk and the position at which its data begins. */
const sizeOf = (chunks: string): readonly [number, number] => [parseInt(chunks, 16) || 0, chunks.indexOf('\r\n') + 2];

const field = (json: string, name: string): unknown => (JSON.parse(json) as Record<string, unknown>)[name];
const isXml = (text: string, element: string): boolean =>
  XMLValidator.validate(text) === true && text.includes(`<${element}>`) && /<Code>\w+(\.\w+)*<\/Code>/.test(text);

/** Checks that a refusal has the form that the service's clients parse. */
const FORMS = {
  sqs: (body) => typeof field(body, '__type') === 'string' && typeof field(body, 'message') === 'string',
  s3: (body) => isXml(body, 'Error'),
  ec2: (body) => isXml(body, 'Errors'),
  sts: (body) => XMLValidator.validate(body) === true && /<Code>\w+<\/Code>/.test(body),
  scheduler: (body) => typeof field(body, 'Message') === 'string',
  admin: (body) => typeof field(body, 'error') === 'string',
} satisfies Record<string, (body: string) => boolean>;

const holds = async <Asked>(asked: fc.Arbitrary<Asked>, check: (asked: Asked) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(asked, check), {
    seed,
    numRuns: 1_000_000,
    interruptAfterTimeLimit: budgetMs,
    markInterruptAsFailure: false,
  });

const SERVICES = [
  ['sqs', sqsRequest],
  ['s3', s3Request],
  ['ec2', ec2Request],
  ['sts', stsRequest],
  ['scheduler', schedulerRequest],
  ['admin', adminRequest],
] as const;

describe(`whatever is asked (seed ${seed})`, { timeout: budgetMs + 60_000 }, () => {
  test.each(SERVICES)('%s answers, in its own form, and never fails', async (service, requests) => {
    await holds(requests, async (request) => {
      const answer = await ask(request);
      expect(answer.status, answer.text).toBeDefined();
      expect(answer.status, answer.text).not.toBe(500);
      if ((answer.status ?? 0) < 400 || request.method === 'HEAD') return;
      expect(FORMS[service](bodyOf(answer)), answer.text).toBe(true);
    });
  });

  test('almost valid HTTP gets an answer or a closed connection', async () => {
    await holds(rawBytes, async (bytes) => {
      const { text } = await exchangeAndHangUp(bytes);
      if (text !== '') expect(text).toMatch(/^HTTP\/1\.1 \d{3} /);
      expect(text).not.toMatch(/^HTTP\/1\.1 500 /);
    });
  });

  test('only the created resources are left', async () => {
    const connections = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    expect(connections()).toBeLessThan(50);
    const alive = await ask({
      method: 'GET',
      target: '/_local/state',
      headers: { authorization: basicAuthorization(TEST_KEY) },
      body: '',
    });
    expect(alive.status).toBe(200);
    await emptyS3();
    expect(readdirSync(path.join(directory, 'objects'))).toEqual([]);
  });
});

/** Sends the bytes, waits a little for an answer, closes its own side, and waits for the server to close the other. */
function exchangeAndHangUp(bytes: Buffer): Promise<{ readonly text: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }, () =>
      socket.write(bytes),
    );
    const hangUp = setTimeout(() => socket.end(), 10);
    const hang = setTimeout(() => {
      socket.destroy();
      reject(new Error('The server keeps a connection that the client has ended.'));
    }, HANG_MS);
    socket.on('data', (piece) => (text += piece.toString('latin1')));
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(hangUp);
      clearTimeout(hang);
      resolve({ text });
    });
  });
}

/** Deletes everything through the API: buckets, objects and unfinished uploads. */
async function emptyS3(): Promise<void> {
  const get = async (target: string) => bodyOf(await ask({ method: 'GET', target, headers: {}, body: '' }));
  const remove = (target: string) => ask({ method: 'DELETE', target, headers: {}, body: '' });
  const all = (text: string, element: string): string[] =>
    [...text.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, value]) => value ?? '');
  for (const bucket of all(await get('/'), 'Name')) {
    const uploads = await get(`/${bucket}?uploads&encoding-type=url`);
    const ids = all(uploads, 'UploadId');
    for (const [index, key] of all(uploads, 'Key').entries()) {
      await remove(`/${bucket}/${key.replaceAll('+', '%20')}?uploadId=${ids[index]}`);
    }
    for (let keys = ['']; keys.length > 0;) {
      keys = all(await get(`/${bucket}?list-type=2&encoding-type=url`), 'Key');
      // In this listing a plus stands for a space.
      for (const key of keys) expect((await remove(`/${bucket}/${key.replaceAll('+', '%20')}`)).status).toBe(204);
    }
  }
}
