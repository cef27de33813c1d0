import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { weightsFileKey, weightsListKey, wheelKey } from '../../core/contract/keys.js';
import { allowed, plain, type Statement, statements, synth } from './synth.js';

const BUCKET = '<PoolStoreResults.Arn>';
const QUEUE = '<PoolStoreInput.Arn>';
const FLEET = 'arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:fleet/<PoolFleet.FleetId>';
const ROLES = [
  'PoolWorkerRole',
  'PoolControllerRole',
  'PoolSwitchRole',
  'PoolControllerScheduleRole',
  'PoolUserPolicy',
];

/** Tells whether one of the resources is this object of the bucket. */
const covers = (resources: readonly string[] = [], key: string): boolean =>
  resources.some((resource) =>
    resource.endsWith('*') ? `${BUCKET}/${key}`.startsWith(resource.slice(0, -1)) : resource === `${BUCKET}/${key}`,
  );

let template: Template;
beforeAll(() => {
  template = synth({ inputBuckets: ['their-data'], notifyEmail: 'a@b.example' });
});

describe('a worker', () => {
  const may = (): Readonly<Record<string, readonly string[]>> => allowed(template, 'PoolWorkerRole');

  it('may call nothing of EC2, and may delete no object', () => {
    expect(Object.keys(may()).filter((action) => action.startsWith('ec2:') || action.startsWith('s3:Delete'))).toEqual(
      [],
    );
  });

  it('may lease, beat and delete messages of one queue, but send none', () => {
    expect(Object.entries(may()).filter(([action]) => action.startsWith('sqs:'))).toEqual([
      ['sqs:ReceiveMessage', [QUEUE]],
      ['sqs:ChangeMessageVisibility', [QUEUE]],
      ['sqs:DeleteMessage', [QUEUE]],
    ]);
  });

  it('may write neither the state of the fleet nor the pointer to its own code', () => {
    expect(may()['s3:PutObject']).toEqual([
      `${BUCKET}/jobs/*/partial/*`,
      `${BUCKET}/jobs/*/events/*`,
      `${BUCKET}/jobs/*/results/*`,
      `${BUCKET}/jobs/*/attempts/*`,
      `${BUCKET}/jobs/*/unable/*`,
      `${BUCKET}/jobs/*/summaries/*`,
      `${BUCKET}/fleet/exits/*`,
      `${BUCKET}/fleet/instances/*`,
      `${BUCKET}/fleet/status/*`,
      `${BUCKET}/jobs/*/losses/*`,
    ]);
  });

  it('may create the mark of a loss, and replace none (R4)', () => {
    const marks = statements(template, 'PoolWorkerRole').filter(({ Sid }) => Sid === 'MarkLosses');
    expect(marks.map(({ Resource }) => plain(Resource))).toEqual([`${BUCKET}/jobs/*/losses/*`]);
    expect(marks).toMatchObject([{ Action: 's3:PutObject', Condition: { Null: { 's3:if-none-match': 'false' } } }]);
  });

  it('may read the wheels and the weights that submitters upload, and write none', () => {
    const digest = 'a'.repeat(64);
    for (const key of [wheelKey(digest, 'numpy.whl'), weightsListKey(digest), weightsFileKey(digest)]) {
      expect(covers(may()['s3:GetObject'], key)).toBe(true);
      expect(covers(may()['s3:PutObject'], key)).toBe(false);
      for (const action of ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload']) {
        expect(covers(allowed(template, 'PoolUserPolicy')[action], key)).toBe(true);
      }
    }
  });

  it('may list the bucket without a condition, so that S3 distinguishes missing keys from forbidden ones', () => {
    const [list] = statements(template, 'PoolWorkerRole').filter(({ Action }) => Action === 's3:ListBucket');
    expect(list).not.toHaveProperty('Condition');
    expect(plain(list?.Resource)).toBe(BUCKET);
  });

  it('may read the named input buckets, and learns when an object is missing', () => {
    expect(may()['s3:GetObject']).toContain('arn:<AWS::Partition>:s3:::their-data/*');
    expect(may()['s3:ListBucket']).toContain('arn:<AWS::Partition>:s3:::their-data');
  });

  it('needs only these kinds of actions', () => {
    expect(Object.keys(may()).sort()).toEqual([
      's3:AbortMultipartUpload',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      's3:PutObjectTagging',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:ReceiveMessage',
    ]);
  });
});

describe('the controller', () => {
  const may = (): Readonly<Record<string, readonly string[]>> => allowed(template, 'PoolControllerRoleDefault');

  it('modifies this fleet and ends no instance', () => {
    expect(may()['ec2:ModifyFleet']).toEqual([FLEET]);
    expect(Object.keys(may())).not.toContain('ec2:TerminateInstances');
  });

  it('may write progress, history, ends, state and its marks, but no outcome', () => {
    expect(may()['s3:PutObject']).toEqual([
      `${BUCKET}/jobs/*/progress.json`,
      `${BUCKET}/jobs/*/history.json`,
      `${BUCKET}/ends/*`,
      `${BUCKET}/fleet/state.json`,
      `${BUCKET}/jobs/*/notified.json`,
      `${BUCKET}/fleet/attention/*`,
      `${BUCKET}/fleet/controller.json`,
      `${BUCKET}/fleet/instances/*/reclaimed.json`,
    ]);
  });

  it('may pass its role to the scheduler alone', () => {
    const [pass] = statements(template, 'PoolControllerRoleDefault').filter(({ Action }) => Action === 'iam:PassRole');
    expect(plain(pass?.Resource)).toBe('<PoolSwitchRole.Arn>');
    expect(pass?.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } });
  });
});

describe("the dead-man's switch", () => {
  it('may modify this fleet and do nothing else', () => {
    expect(allowed(template, 'PoolSwitchRole')).toEqual({ 'ec2:ModifyFleet': [FLEET] });
  });
});

describe("the CLI's user", () => {
  it('may submit jobs, models and workers, but commit no outcome', () => {
    const put = allowed(template, 'PoolUserPolicy')['s3:PutObject'] ?? [];
    expect(put).toContain(`${BUCKET}/jobs/*/input/*`);
    expect(put).toContain(`${BUCKET}/workers/*`);
    expect(put.filter((resource) => resource.includes('results') || resource === `${BUCKET}/*`)).toEqual([]);
  });

  it('may remove jobs and their ends, and nothing else', () => {
    expect(allowed(template, 'PoolUserPolicy')['s3:DeleteObject']).toEqual([`${BUCKET}/jobs/*`, `${BUCKET}/ends/*`]);
  });

  it('may read and list the named input buckets, whose objects become jobs', () => {
    const may = allowed(template, 'PoolUserPolicy');
    expect(may['s3:GetObject']).toContain('arn:<AWS::Partition>:s3:::their-data/*');
    expect(may['s3:ListBucket']).toContain('arn:<AWS::Partition>:s3:::their-data');
  });

  it("may end only instances with the pool's tag", () => {
    const [end] = statements(template, 'PoolUserPolicy').filter(({ Action }) => Action === 'ec2:TerminateInstances');
    expect(end?.Condition).toEqual({ StringEquals: { 'ec2:ResourceTag/spotpool:stack': 'Spotpool' } });
  });
});

describe('every permission', () => {
  it('has a named statement', () => {
    for (const role of ROLES) {
      const unnamed = statements(template, role).filter(({ Sid }: Statement) => !/^[A-Z][A-Za-z]+$/.test(Sid));
      expect(unnamed).toEqual([]);
    }
  });

  it('names its actions one by one', () => {
    const actions = ROLES.flatMap((role) => Object.keys(allowed(template, role)));
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('covers all resources only where IAM supports no narrower one', () => {
    const broad = ROLES.flatMap((role) => Object.entries(allowed(template, role)))
      .filter(([, resources]) => resources.includes('*'))
      .map(([action]) => action);
    expect([...new Set(broad)].sort()).toEqual([
      'ec2:DescribeFleets',
      'ec2:DescribeInstances',
      'ec2:DescribeSpotPriceHistory',
      'servicequotas:GetServiceQuota',
    ]);
  });
});
