/** What an instance can read about itself: path → text, or undefined for a 404. */
import type { InstanceView } from '../instances/instance.js';
import { instanceTypeNamed, zoneId } from '../market/instance-types.js';

/** Longer than any process waits; the keys themselves are good for as long as their instance lives. */
const CREDENTIALS_LIFE_MS = 6 * 3_600_000;
export const ACCOUNT_ID = '000000000000';

export interface MetadataContext {
  readonly instance: InstanceView;
  readonly region: string;
  readonly nowMs: number;
}

/** As EC2 writes times: without milliseconds. */
const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const documents: Readonly<Record<string, (context: MetadataContext) => string | undefined>> = {
  'meta-data/instance-id': ({ instance }) => instance.id,
  'meta-data/instance-type': ({ instance }) => instance.spec.instanceType,
  'meta-data/instance-life-cycle': () => 'spot',
  'meta-data/ami-id': ({ instance }) => instance.spec.imageId,
  'meta-data/local-ipv4': () => '127.0.0.1',
  'meta-data/placement/availability-zone': ({ instance }) => instance.spec.zone,
  'meta-data/placement/availability-zone-id': ({ instance }) => zoneId(instance.spec.zone),
  'meta-data/placement/region': ({ region }) => region,
  'meta-data/iam/security-credentials/': ({ instance }) => roleOf(instance),
  'dynamic/instance-identity/document': identity,
  'user-data': ({ instance }) => instance.spec.userData.toString('utf8'),
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
  'meta-data/spot/instance-action': ({ instance }) =>
    instance.takenAtMs === undefined
      ? undefined
      : JSON.stringify({ action: 'terminate', time: seconds(instance.takenAtMs) }),
  'meta-data/spot/termination-time': ({ instance }) =>
    instance.takenAtMs === undefined ? undefined : seconds(instance.takenAtMs),
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/rebalance-recommendations.html
  'meta-data/events/recommendations/rebalance': ({ instance }) =>
    instance.rebalanceAtMs === undefined ? undefined : JSON.stringify({ noticeTime: seconds(instance.rebalanceAtMs) }),
};

/** `path` without `/latest/`. */
export function metadataDocument(path: string, context: MetadataContext): string | undefined {
  const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
  if (document !== undefined) return document(context);
  if (path === 'meta-data/iam/security-credentials') return roleOf(context.instance);
  if (path === `meta-data/iam/security-credentials/${roleOf(context.instance)}`) return credentials(context);
  return tagDocument(path, context.instance);
}

const TAGS = 'meta-data/tags/instance';

function tagDocument(path: string, instance: InstanceView): string | undefined {
  if (!instance.spec.metadataTags) return undefined;
  if (path === TAGS || path === `${TAGS}/`) return [...instance.tags.keys()].join('\n');
  return path.startsWith(`${TAGS}/`) ? instance.tags.get(path.slice(TAGS.length + 1)) : undefined;
}

/** The role has its profile's name, as the console and the CDK make them. */
const roleOf = (instance: InstanceView): string | undefined => instance.spec.instanceProfile?.split('/').at(-1);

function credentials({ instance, nowMs }: MetadataContext): string | undefined {
  const key = instance.roleKey;
  if (key === undefined) return undefined;
  return JSON.stringify({
    Code: 'Success',
    LastUpdated: seconds(nowMs),
    Type: 'AWS-HMAC',
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    Token: key.sessionToken,
    Expiration: seconds(nowMs + CREDENTIALS_LIFE_MS),
  });
}

function identity({ instance, region }: MetadataContext): string {
  return JSON.stringify({
    accountId: ACCOUNT_ID,
    architecture: instanceTypeNamed(instance.spec.instanceType)?.architecture,
    availabilityZone: instance.spec.zone,
    imageId: instance.spec.imageId,
    instanceId: instance.id,
    instanceType: instance.spec.instanceType,
    pendingTime: seconds(instance.launchedAtMs),
    privateIp: '127.0.0.1',
    region,
    version: '2017-09-30',
  });
}
