/** Counts the requests of a run by kind, by who asked, by what for, and by virtual second. */
import type { Observer, ServiceCall } from '../calls.js';
import type { World } from '../world/world.js';

/** DescribeInstances returns pages of this size (aws/ec2-instances.ts). */
const INSTANCES_PER_PAGE = 1_000;
const SECOND_MS = 1_000;

/** The kinds of requests, as AWS names them. S3's kinds are grouped as its published rates group them. */
export const KINDS = [
  'S3 PUT',
  'S3 GET',
  'S3 HEAD',
  'S3 LIST',
  'SQS ReceiveMessage',
  'SQS ChangeMessageVisibilityBatch',
  'SQS DeleteMessageBatch',
  'SQS SendMessageBatch',
  'SQS GetQueueAttributes',
  'EC2 DescribeFleets',
  'EC2 DescribeFleetInstances',
  'EC2 DescribeInstances',
  'EC2 ModifyFleet',
  'Scheduler, all calls',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Counts {
  /** The requests of each second since the start. */
  readonly perSecond: Readonly<Record<Kind, readonly number[]>>;
  /** S3's requests by what they are for and who asks, such as `PUT results (worker)`. */
  readonly purposes: Readonly<Record<string, number>>;
  readonly progress: { readonly puts: number; readonly mostBytes: number };
  /** The most messages in flight that a controller has seen. */
  readonly mostInFlight: number;
}

export class RequestCounter implements Observer {
  readonly #perSecond = Object.fromEntries(KINDS.map((kind) => [kind, []])) as unknown as Record<Kind, number[]>;
  readonly #purposes: Record<string, number> = {};
  readonly #progress = { puts: 0, mostBytes: 0 };
  #mostInFlight = 0;
  /** The requests of controllers so far, and how many of them look at one outcome. */
  readonly controllers = { requests: 0, outcomesLookedAt: 0 };

  get counts(): Counts {
    return {
      perSecond: this.#perSecond,
      purposes: this.#purposes,
      progress: this.#progress,
      mostInFlight: this.#mostInFlight,
    };
  }

  readonly onCall = (call: ServiceCall, { elapsedMs }: World): void => {
    const second = Math.floor(elapsedMs / SECOND_MS);
    for (const [kind, count] of requestsOf(call)) this.#add(call, kind, count, second);
    if (call.operation === 'sqs.counts') this.#mostInFlight = Math.max(this.#mostInFlight, call.counts.inFlight);
    if (!call.operation.startsWith('s3.')) return;
    const purpose = purposeOf(call);
    this.#purposes[purpose] = (this.#purposes[purpose] ?? 0) + 1;
    if (call.operation !== 's3.put' || !call.key.endsWith('/progress.json')) return;
    this.#progress.puts += 1;
    this.#progress.mostBytes = Math.max(this.#progress.mostBytes, call.body.length);
  };

  #add({ process }: ServiceCall, kind: Kind, count: number, second: number): void {
    const seconds = this.#perSecond[kind];
    while (seconds.length <= second) seconds.push(0);
    seconds[second] = (seconds[second] ?? 0) + count;
    if (process.kind !== 'controller') return;
    this.controllers.requests += count;
    if (kind === 'S3 HEAD') this.controllers.outcomesLookedAt += count;
  }
}

/** The requests that the adapter for AWS makes for a call of a port. */
function requestsOf(call: ServiceCall): readonly (readonly [Kind, number])[] {
  switch (call.operation) {
    case 's3.put':
      return [['S3 PUT', 1]];
    case 's3.get':
      return [['S3 GET', 1]];
    case 's3.head':
      return [['S3 HEAD', 1]];
    case 's3.list':
      return [['S3 LIST', 1]];
    case 'sqs.receive':
      return [['SQS ReceiveMessage', 1]];
    case 'sqs.change-visibility':
      return [['SQS ChangeMessageVisibilityBatch', 1]];
    case 'sqs.delete':
      return [['SQS DeleteMessageBatch', 1]];
    case 'sqs.send':
      return [['SQS SendMessageBatch', 1]];
    case 'sqs.counts':
      return [['SQS GetQueueAttributes', 1]];
    case 'ec2.describe':
      return describeRequests(call.description.instances.length);
    case 'ec2.set-target':
      return [['EC2 ModifyFleet', 1]];
    case 'scheduler.arm':
    case 'scheduler.disarm':
      return [['Scheduler, all calls', 1]];
    case 'metadata.notices':
      // The metadata service is on the instance itself.
      return [];
  }
}

const describeRequests = (instances: number): readonly (readonly [Kind, number])[] => [
  ['EC2 DescribeFleets', 1],
  ['EC2 DescribeFleetInstances', 1],
  ['EC2 DescribeInstances', Math.max(1, Math.ceil(instances / INSTANCES_PER_PAGE))],
];

/** Jobs and instances are left out of a key, so that what remains says what the object is. */
function purposeOf(call: ServiceCall): string {
  const key = 'key' in call ? call.key : 'prefix' in call ? call.prefix : '';
  const [top = '', second = '', third = ''] = key.split('/');
  const name = top === 'jobs' && second !== '' ? (third === '' ? 'jobs' : third) : [top, second].join('/');
  const verb = call.operation.slice('s3.'.length).toUpperCase();
  return `${verb} ${shortName(top, name)} (${call.process.kind})`;
}

const shortName = (top: string, name: string): string => (top === 'ends' || top === 'models' ? `${top}/` : name);
