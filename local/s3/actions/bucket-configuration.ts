/**
 * Bucket configuration that has no effect here. It is kept and given back unchanged, so that code that sets up a
 * bucket on AWS works here, too: Get, Put and Delete of each sub-resource. Where silence would mislead (a website
 * that is never served, events that are never sent), the configuration can only be read, as absent.
 */
import { definedFields } from '../../defined-fields.js';
import type { Action } from '../action.js';
import { S3Error, malformedXml, notImplemented } from '../errors.js';
import { receiveDocument } from '../receive.js';
import { noContent, xmlResponse } from '../response.js';
import { MAX_BUCKET_TAGS, parseTagging } from '../tags.js';
import { childrenOf, leaf, parent, parseXml, textOf, xmlDocument } from '../xml.js';

export interface Configuration {
  /** The name that the operations of AWS's API contain. */
  readonly name: string;
  readonly deleteName?: string;
  /** The query parameter that selects this sub-resource. */
  readonly subresource: string;
  /** The document of a new bucket. */
  readonly initial?: string;
  /** AWS's answer when there is no document: an error's code and message, or a default document. */
  readonly absent: { readonly code: string; readonly message: string } | { readonly document: string };
  /** Throws if the document must be refused; without this function every document is refused. */
  readonly check?: (document: string) => void;
  readonly deletable?: boolean;
  /** The default is the content type of XML. */
  readonly contentType?: string;
}

/** Requires a document with this root and at least one element of each name. */
const xml =
  (root: string, ...needed: readonly string[]) =>
  (document: string): void => {
    const element = parseXml(document, root);
    if (needed.some((name) => childrenOf(element, name).length === 0)) throw malformedXml();
  };

const missing = (code: string, message: string): Configuration['absent'] => ({ code, message });
const empty = (root: string, ...children: readonly string[]): Configuration['absent'] => ({
  document: xmlDocument(root, children),
});

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html */
const DEFAULT_ENCRYPTION = parent('Rule', [
  parent('ApplyServerSideEncryptionByDefault', [leaf('SSEAlgorithm', 'AES256')]),
  leaf('BucketKeyEnabled', false),
]);

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
const NO_PUBLIC_ACCESS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'];

const ACLS_DISABLED = 'BucketOwnerEnforced';

export const CONFIGURATIONS: readonly Configuration[] = [
  {
    name: 'BucketVersioning',
    subresource: 'versioning',
    absent: empty('VersioningConfiguration'),
    check: checkVersioning,
  },
  {
    name: 'BucketLifecycleConfiguration',
    deleteName: 'BucketLifecycle',
    subresource: 'lifecycle',
    absent: missing('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'),
    check: xml('LifecycleConfiguration', 'Rule'),
    deletable: true,
  },
  {
    name: 'BucketPolicy',
    subresource: 'policy',
    absent: missing('NoSuchBucketPolicy', 'The bucket policy does not exist'),
    check: checkPolicy,
    deletable: true,
    contentType: 'application/json',
  },
  {
    name: 'BucketEncryption',
    subresource: 'encryption',
    absent: empty('ServerSideEncryptionConfiguration', DEFAULT_ENCRYPTION),
    check: xml('ServerSideEncryptionConfiguration', 'Rule'),
    deletable: true,
  },
  {
    name: 'PublicAccessBlock',
    subresource: 'publicAccessBlock',
    initial: xmlDocument(
      'PublicAccessBlockConfiguration',
      NO_PUBLIC_ACCESS.map((name) => leaf(name, true)),
    ),
    absent: missing('NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found'),
    check: xml('PublicAccessBlockConfiguration'),
    deletable: true,
  },
  {
    name: 'BucketOwnershipControls',
    subresource: 'ownershipControls',
    initial: xmlDocument('OwnershipControls', [parent('Rule', [leaf('ObjectOwnership', ACLS_DISABLED)])]),
    absent: missing('OwnershipControlsNotFoundError', 'The bucket ownership controls were not found'),
    check: checkOwnership,
    deletable: true,
  },
  {
    name: 'BucketTagging',
    subresource: 'tagging',
    absent: missing('NoSuchTagSet', 'The TagSet does not exist'),
    check: checkTagging,
    deletable: true,
  },
  {
    name: 'BucketCors',
    subresource: 'cors',
    absent: missing('NoSuchCORSConfiguration', 'The CORS configuration does not exist'),
    check: xml('CORSConfiguration', 'CORSRule'),
    deletable: true,
  },
  {
    name: 'BucketRequestPayment',
    subresource: 'requestPayment',
    absent: empty('RequestPaymentConfiguration', leaf('Payer', 'BucketOwner')),
  },
  {
    name: 'BucketAccelerateConfiguration',
    subresource: 'accelerate',
    absent: empty('AccelerateConfiguration'),
  },
  { name: 'BucketLogging', subresource: 'logging', absent: empty('BucketLoggingStatus') },
  { name: 'BucketNotificationConfiguration', subresource: 'notification', absent: empty('NotificationConfiguration') },
  {
    name: 'BucketWebsite',
    subresource: 'website',
    absent: missing('NoSuchWebsiteConfiguration', 'The specified bucket does not have a website configuration'),
  },
  {
    name: 'BucketReplication',
    subresource: 'replication',
    absent: missing('ReplicationConfigurationNotFoundError', 'The replication configuration was not found'),
  },
  {
    name: 'ObjectLockConfiguration',
    subresource: 'object-lock',
    absent: missing('ObjectLockConfigurationNotFoundError', 'Object Lock configuration does not exist for this bucket'),
  },
];

export const getConfiguration =
  ({ subresource, absent, contentType }: Configuration): Action =>
  async (state, { bucket }) => {
    const kept = state.buckets.get(bucket).configuration.get(subresource);
    if (kept !== undefined) return xmlResponse(kept, definedFields({ 'content-type': contentType }));
    if ('document' in absent) return xmlResponse(absent.document);
    throw new S3Error(404, absent.code, absent.message, { BucketName: bucket });
  };

export const putConfiguration =
  ({ name, subresource, contentType }: Configuration, check: (document: string) => void): Action =>
  async (state, request) => {
    const document = await receiveDocument(request, `Put${name}`);
    check(document);
    state.buckets.get(request.bucket).configure(subresource, document);
    // Only the put of a policy is answered without content.
    return { status: contentType === undefined ? 200 : 204 };
  };

export const deleteConfiguration =
  ({ subresource }: Configuration): Action =>
  async (state, { bucket }) => {
    state.buckets.get(bucket).configure(subresource, undefined);
    return noContent;
  };

function checkVersioning(document: string): void {
  const status = textOf(parseXml(document, 'VersioningConfiguration'), 'Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
}

function checkTagging(document: string): void {
  parseTagging(document, MAX_BUCKET_TAGS);
}

function checkPolicy(document: string): void {
  try {
    const policy = JSON.parse(document) as unknown;
    if (document.startsWith('{') && typeof policy === 'object') return;
  } catch {
    // Invalid JSON is refused below.
  }
  throw new S3Error(400, 'MalformedPolicy', "Policies must be valid JSON and the first byte must be '{'");
}

/** Any other ownership would enable ACLs, which are not served. */
function checkOwnership(document: string): void {
  const [rule = ''] = childrenOf(parseXml(document, 'OwnershipControls'), 'Rule');
  const ownership = textOf(rule, 'ObjectOwnership');
  if (ownership === undefined) throw malformedXml();
  if (ownership !== ACLS_DISABLED) {
    throw notImplemented(
      `The local cloud does not serve ACLs, so the object ownership must be ${ACLS_DISABLED}, not ${ownership}.`,
    );
  }
}
