/**
 * Tests least privilege. Pools on the local cloud go through all scenes of their lives, and every call is recorded. A simulator of IAM then says
 * whether the stack's policies allow each call, and what they allow beyond. A new call fails here until a scene makes it and a statement allows it.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeKey } from '../../core/contract/keys.js';
import { projectRoot } from '../support/cli.js';
import { type Call, EVERYWHERE, needsOf, type Request } from './permissions/calls.js';
import {
  ASKED_FOR_BY_OTHERS,
  CONDITIONAL_PUT,
  EMULATORS_ONLY,
  FORBIDDEN,
  NOT_IN_A_STACK,
  OF_DEPLOYERS,
  OUTCOME,
  POLICY_FILES,
} from './permissions/expectations.js';
import { type Caller, judge, partsOf, type Verdict } from './permissions/judge.js';
import { NAMES } from './permissions/names.js';
import { type Policy, type Principal, stackPolicies, type StackPolicies } from './permissions/policies.js';
import { Pool } from './permissions/pool.js';
import { jobsLive, poolEnds } from './permissions/scenes.js';

const SCENES_MS = 240_000;
const MEBIBYTE = 1024 * 1024;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MOST_CHARACTERS = { managed: 6_144, ofARole: 10_240 };
/** CloudFormation's names may be as long as each service allows. */
const LONGEST_NAMES: Readonly<Record<string, number>> = {
  [NAMES.bucket]: 63,
  [NAMES.queue]: 80,
  [NAMES.switchRole]: 64,
};

const EVERYTHING: Policy = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'Everything', Effect: 'Allow', Action: '*', Resource: '*' }],
};

interface Judged extends Call {
  readonly verdict: Verdict;
}

let policies: StackPolicies;
let pools: readonly Pool[];
/** Every distinct call, listed once. */
let judged: readonly Judged[];
/** The calls of a multipart outcome, and of one that another worker has committed meanwhile. */
let uploads: readonly Request[];

beforeAll(async () => {
  policies = stackPolicies();
  const [first, second] = (pools = await Promise.all([Pool.start(policies, { boots: true }), Pool.start(policies)]));
  await Promise.all([jobsLive(first!), poolEnds(second!)]);
  const calls = (await Promise.all(pools.map((pool) => pool.calls()))).flat();
  uploads = await first!.requestsOfUploads('jobs/parts/results/00000.jsonl', 20 * MEBIBYTE);
  const removing = uploads.filter(({ action }) => action === 'AbortMultipartUpload').flatMap(needsOf);
  const removals = removing.map((need): Call => ({ ...need, who: 'worker', request: 's3 AbortMultipartUpload' }));
  const schedule: Call = {
    who: 'schedule',
    request: 'the schedule of each minute',
    action: 'lambda:InvokeFunction',
    resource: NAMES.functionArn,
    context: EVERYWHERE,
  };
  const different = new Map(
    [schedule, ...calls, ...removals].map((call) => [JSON.stringify({ ...call, request: '' }), call]),
  );
  judged = await Promise.all(
    [...different.values()].map(async (call) => ({ ...call, verdict: await judge(policies, call.who, call) })),
  );
}, SCENES_MS);
afterAll(async () => {
  for (const pool of pools) await pool.close();
});

const may = async (who: Caller, action: string, resource: string, context: Readonly<Record<string, string>> = {}) =>
  (await judge(policies, who, { action, resource, context: { ...EVERYWHERE, ...context } })).result;

describe("the stack's policies", () => {
  it('allow every call of the worker, the controller, the CLI and the schedules', () => {
    const denied = judged.filter(
      ({ action, verdict }) => verdict.result !== 'Allowed' && !OF_DEPLOYERS.includes(action),
    );
    expect(denied.map(toSentence)).toEqual([]);
  });

  it('are used by each of them', () => {
    const counts = Object.keys(policies.of).map((who) => judged.filter((call) => call.who === who).length > 0);
    expect(counts).toEqual(Object.keys(policies.of).map(() => true));
  });

  it('allow nothing else: each action on each resource was called, or its exception has a reason', () => {
    const used = new Set(judged.flatMap(({ who, verdict }) => verdict.uses.map((part) => `${who} ${part}`)));
    const unused = (Object.keys(policies.of) as Principal[]).flatMap((who) =>
      partsOf(policies.of[who]).flatMap((part) => (used.has(`${who} ${part}`) ? [] : [{ who, part }])),
    );
    const excused = (who: string, part: string): string => `${who} ${part.split(':')[0] ?? ''}`;
    expect(
      unused
        .filter(({ who, part }) => !(excused(who, part) in ASKED_FOR_BY_OTHERS))
        .map(({ who, part }) => `No call of the ${who} needs "${part}": take it out of ${POLICY_FILES[who]}.`),
    ).toEqual([]);
    expect([...new Set(unused.map(({ who, part }) => excused(who, part)))].sort()).toEqual(
      Object.keys(ASKED_FOR_BY_OTHERS).sort(),
    );
  });

  it("leave to the deployer the calls that are not for the CLI's users", () => {
    const denied = judged.filter(({ action }) => OF_DEPLOYERS.includes(action));
    expect(denied.map(({ who, action, verdict }) => [who, action, verdict.result]).sort()).toEqual(
      OF_DEPLOYERS.map((action) => ['user', action, 'ImplicitlyDenied']),
    );
  });

  it.each(FORBIDDEN)('do not let the $who call $action on $resource', async ({ who, action, resource, context }) => {
    expect(await may(who, action, resource, context)).not.toBe('Allowed');
  });

  it("fit into IAM's quotas", () => {
    const characters = (who: Principal): number =>
      Object.entries(LONGEST_NAMES).reduce(
        (text, [name, length]) => text.replaceAll(name, 'x'.repeat(length)),
        JSON.stringify(policies.of[who]),
      ).length;
    expect(characters('user')).toBeLessThan(MOST_CHARACTERS.managed);
    expect(characters('controller')).toBeLessThan(MOST_CHARACTERS.ofARole);
    expect(characters('worker')).toBeLessThan(MOST_CHARACTERS.ofARole);
  });
});

describe('an outcome', () => {
  it('of 20 MiB was committed by a worker, on condition that none existed', async () => {
    const [pool] = pools;
    const head = await pool!.lab.store.head(outcomeKey('large', 0), { signal: new AbortController().signal });
    expect(head?.size).toBeGreaterThan(20 * MEBIBYTE);
    const puts = judged.filter(({ action, resource }) => action === 's3:PutObject' && /\/results\//.test(resource));
    // The parts of an upload create no object by themselves. The next test checks their permissions.
    const commits = puts.filter(({ context }) => context['s3:ObjectCreationOperation'] === 'true');
    expect(new Set(commits.map(({ who, context }) => `${who} ${context['s3:if-none-match']}`))).toEqual(
      new Set(['worker *']),
    );
  });

  it('may be uploaded in parts: only the call that creates the object needs the condition', async () => {
    expect([...new Set(uploads.map(({ action }) => action))]).toEqual([
      'CreateMultipartUpload',
      'UploadPart',
      'CompleteMultipartUpload',
      'AbortMultipartUpload',
    ]);
    for (const need of uploads.flatMap(needsOf)) {
      expect({ ...need, ...(await judge(policies, 'worker', need)) }).toMatchObject({ result: 'Allowed' });
      const { 's3:if-none-match': condition, ...unconditional } = need.context;
      const { result } = await judge(policies, EVERYTHING, { ...need, context: unconditional });
      expect(result).toBe(condition === undefined ? 'Allowed' : 'ExplicitlyDenied');
    }
  });

  it('is overwritten by nobody, whatever else a principal may do', async () => {
    expect(await may(EVERYTHING, 's3:PutObject', OUTCOME, CONDITIONAL_PUT)).toBe('Allowed');
    const copy = { 's3:ObjectCreationOperation': 'true', 's3:x-amz-copy-source': `${NAMES.bucket}/a` };
    for (const context of [
      { 's3:ObjectCreationOperation': 'true' },
      { ...copy },
      { ...copy, 's3:if-match': '"etag"' },
    ]) {
      expect(await may(EVERYTHING, 's3:PutObject', OUTCOME, context)).toBe('ExplicitlyDenied');
    }
  });
});

describe('queue and bucket', () => {
  it.each([
    ['s3:GetObject', OUTCOME],
    ['s3:ListBucket', `arn:aws:s3:::${NAMES.bucket}`],
    ['sqs:SendMessage', `arn:aws:sqs:us-east-1:000000000000:${NAMES.queue}`],
    ['sqs:ReceiveMessage', `arn:aws:sqs:us-east-1:000000000000:${NAMES.deadLetters}`],
  ])('refuse %s without TLS to everybody', async (action, resource) => {
    expect(await may(EVERYTHING, action, resource)).toBe('Allowed');
    expect(await may(EVERYTHING, action, resource, { 'aws:SecureTransport': 'false' })).toBe('ExplicitlyDenied');
  });
});

describe('every command of the SDK that the product uses', () => {
  it('is called in these scenes, or cannot be', async () => {
    const asked = new Set((await Promise.all(pools.map((pool) => pool.requests()))).flat().map(({ action }) => action));
    const directory = path.join(projectRoot, 'aws');
    const files = (await readdir(directory)).filter((file) => !EMULATORS_ONLY.includes(file));
    const sources = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
    const commands = sources.flatMap((text) => [...text.matchAll(/new (\w+)Command\(/g)].map(([, name = '']) => name));
    const missing = [...new Set(commands)].filter((name) => !asked.has(name)).sort();
    expect(missing, 'let a scene of test/e2e/permissions/scenes.ts call it').toEqual(
      Object.keys(NOT_IN_A_STACK).sort(),
    );
  });
});

function toSentence({ who, action, resource, context, request, verdict }: Judged): string {
  const conditions = Object.entries(context).flatMap(([key, value]) => (key in EVERYWHERE ? [] : [`${key}=${value}`]));
  const reason = verdict.result === 'ExplicitlyDenied' ? 'a policy denies it' : 'no statement allows it';
  return `The ${who} needs ${action} on ${resource} (${[request, ...conditions].join(', ')}), and ${reason}: see ${POLICY_FILES[who]}.`;
}
