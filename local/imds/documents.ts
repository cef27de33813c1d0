/**
 * The documents that an instance can read about itself, as a tree: a directory lists the entries that exist at this
 * moment.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories
 */
import type { AccessKey } from '../http/credentials.js';
import type { LaunchSpec } from '../instances/instance.js';
import { instanceTypeNamed, zoneId, ZONES } from '../market/instance-types.js';

/** No process waits longer than this; the keys themselves are valid for as long as their instance lives. */
const CREDENTIALS_LIFE_MS = 6 * 3_600_000;
export const ACCOUNT_ID = '000000000000';

/** The data behind an instance's metadata, read anew with each request. */
export interface MetadataSubject {
  readonly id: string;
  readonly spec: Pick<
    LaunchSpec,
    'imageId' | 'instanceType' | 'zone' | 'userData' | 'instanceProfile' | 'metadataTags' | 'metadataIsOff'
  >;
  readonly tags: ReadonlyMap<string, string>;
  readonly launchedAtMs: number;
  /** The time at which the notice says that the instance will be taken. */
  readonly takenAtMs: number | undefined;
  readonly rebalanceAtMs: number | undefined;
  /** The key of the instance's role; undefined without an instance profile, as on AWS. */
  readonly roleKey: AccessKey | undefined;
}

export interface MetadataContext {
  readonly instance: MetadataSubject;
  readonly region: string;
  readonly nowMs: number;
}

export type MetadataDocument = string | Buffer;

/** EC2 writes times without milliseconds. */
const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** A function returns undefined while its document does not exist. */
const documents: Readonly<Record<string, (context: MetadataContext) => MetadataDocument | undefined>> = {
  'dynamic/instance-identity/document': identity,
  'meta-data/ami-id': ({ instance }) => instance.spec.imageId,
  'meta-data/ami-launch-index': () => '0',
  'meta-data/events/maintenance/history': () => '[]',
  'meta-data/events/maintenance/scheduled': () => '[]',
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/rebalance-recommendations.html
  'meta-data/events/recommendations/rebalance': ({ instance }) =>
    instance.rebalanceAtMs === undefined ? undefined : JSON.stringify({ noticeTime: seconds(instance.rebalanceAtMs) }),
  'meta-data/iam/info': profileInfo,
  'meta-data/instance-action': () => 'none',
  'meta-data/instance-id': ({ instance }) => instance.id,
  'meta-data/instance-life-cycle': () => 'spot',
  'meta-data/instance-type': ({ instance }) => instance.spec.instanceType,
  'meta-data/local-ipv4': () => '127.0.0.1',
  'meta-data/placement/availability-zone': ({ instance }) => instance.spec.zone,
  'meta-data/placement/availability-zone-id': ({ instance }) =>
    ZONES.includes(instance.spec.zone) ? zoneId(instance.spec.zone) : undefined,
  'meta-data/placement/region': ({ region }) => region,
  'meta-data/services/domain': () => 'amazonaws.com',
  'meta-data/services/partition': () => 'aws',
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
  'meta-data/spot/instance-action': ({ instance }) =>
    instance.takenAtMs === undefined
      ? undefined
      : JSON.stringify({ action: 'terminate', time: seconds(instance.takenAtMs) }),
  'meta-data/spot/termination-time': ({ instance }) =>
    instance.takenAtMs === undefined ? undefined : seconds(instance.takenAtMs),
  'user-data': ({ instance }) => (instance.spec.userData.length === 0 ? undefined : instance.spec.userData),
};

/**
 * Finds a document. `path` is the part after the version, without slashes at its ends: AWS serves documents and
 * directories with a slash and without.
 */
export function metadataDocument(path: string, context: MetadataContext): MetadataDocument | undefined {
  const own = Object.hasOwn(documents, path) ? documents[path]?.(context) : undefined;
  if (own !== undefined) return own;
  const more = variableDocuments(context);
  return more.get(path) ?? listing(path, context, more);
}

/** Returns the documents whose names depend on the instance. */
function variableDocuments(context: MetadataContext): ReadonlyMap<string, string> {
  const { instance } = context;
  const found = new Map<string, string>();
  const role = roleOf(instance);
  if (role !== undefined && instance.roleKey !== undefined) {
    found.set(`meta-data/iam/security-credentials/${role}`, roleCredentials(instance.roleKey, context.nowMs));
  }
  if (!instance.spec.metadataTags) return found;
  for (const [key, value] of instance.tags) {
    if (isVisibleTag(key)) found.set(`meta-data/tags/instance/${key}`, value);
  }
  return found;
}

/** AWS's own tags are not shown. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html */
const isVisibleTag = (key: string): boolean => !key.startsWith('aws:');

function listing(path: string, context: MetadataContext, more: ReadonlyMap<string, string>): string | undefined {
  const prefix = path === '' ? '' : `${path}/`;
  const present = Object.entries(documents)
    .filter(([name, document]) => name.startsWith(prefix) && document(context) !== undefined)
    .map(([name]) => name);
  const below = [...present, ...[...more.keys()].filter((name) => name.startsWith(prefix))].map((name) =>
    name.slice(prefix.length),
  );
  if (below.length === 0) return undefined;
  // A tag's key is one name, even with slashes in it. Elsewhere a slash divides names, and a directory's name ends
  // with one.
  const names = path === TAGS ? below : below.map((name) => name.replace(/\/.*$/s, path === '' ? '' : '/'));
  return [...new Set(names)].sort().join('\n');
}

const TAGS = 'meta-data/tags/instance';

/** The role has the same name as its profile, as the console and the CDK create them. */
export const roleOf = ({ spec }: { readonly spec: Pick<LaunchSpec, 'instanceProfile'> }): string | undefined =>
  spec.instanceProfile?.split('/').at(-1);

export function roleCredentials(key: AccessKey, nowMs: number): string {
  return JSON.stringify({
    Code: 'Success',
    LastUpdated: seconds(nowMs),
    Type: 'AWS-HMAC',
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    // Permanent keys have no token. SDKs refuse credentials without the field, and do not send an empty token.
    Token: key.sessionToken ?? '',
    Expiration: seconds(nowMs + CREDENTIALS_LIFE_MS),
  });
}

function profileInfo({ instance, nowMs }: MetadataContext): string | undefined {
  const { instanceProfile } = instance.spec;
  if (instanceProfile === undefined) return undefined;
  const answer = { Code: 'Success', LastUpdated: seconds(nowMs), InstanceProfileArn: profileArn(instanceProfile) };
  return JSON.stringify(answer);
}

/** A launch template may give its instance profile by name or by ARN; the metadata always shows the ARN. */
export const profileArn = (nameOrArn: string): string =>
  nameOrArn.startsWith('arn:') ? nameOrArn : `arn:aws:iam::${ACCOUNT_ID}:instance-profile/${nameOrArn}`;

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html */
function identity({ instance, region }: MetadataContext): string {
  return JSON.stringify({
    accountId: ACCOUNT_ID,
    architecture: instanceTypeNamed(instance.spec.instanceType)?.architecture,
    availabilityZone: instance.spec.zone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: instance.spec.imageId,
    instanceId: instance.id,
    instanceType: instance.spec.instanceType,
    kernelId: null,
    pendingTime: seconds(instance.launchedAtMs),
    privateIp: '127.0.0.1',
    ramdiskId: null,
    region,
    version: '2017-09-30',
  });
}
