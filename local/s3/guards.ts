/** Checks that every request passes before its action: the bucket's owner, the version, and that it sets no ACL. */
import { ACCOUNT_ID } from './action.js';
import { S3Error, invalidArgument } from './errors.js';
import type { S3Headers, S3Request } from './request.js';

export function checkRequest(request: S3Request): void {
  const { headers, query } = request;
  checkOwner(headers, 'x-amz-expected-bucket-owner');
  checkOwner(headers, 'x-amz-source-expected-bucket-owner');
  checkVersion(query.get('versionId') ?? undefined);
  checkAcl(request);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html */
function checkOwner(headers: S3Headers, name: string): void {
  const owner = headers.get(name);
  if (owner === undefined || owner === ACCOUNT_ID) return;
  if (/^\d{12}$/.test(owner)) throw new S3Error(403, 'AccessDenied', 'Access Denied');
  throw new S3Error(
    400,
    'InvalidBucketOwnerAWSAccountID',
    `The value of the expected bucket owner parameter must be an AWS account ID. [${owner}]`,
  );
}

/** Objects have one version each, as in a bucket that never had versions: its id is `null`. */
export function checkVersion(id: string | undefined): void {
  if (id === undefined || id === 'null') return;
  throw invalidArgument('Invalid version id specified', 'versionId', id);
}

/**
 * ACLs are disabled, as in every new bucket of AWS.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
 */
function checkAcl({ headers, key }: S3Request): void {
  const isOfBucket = key === '';
  const acl = headers.get('x-amz-acl');
  const isOwners = acl === undefined || acl === 'bucket-owner-full-control' || (isOfBucket && acl === 'private');
  if (isOwners && !GRANTS.some((name) => headers.has(name))) return;
  if (!isOfBucket) throw aclNotSupported();
  throw new S3Error(
    400,
    'InvalidBucketAclWithObjectOwnership',
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );
}

const GRANTS = ['full-control', 'read', 'read-acp', 'write', 'write-acp'].map((right) => `x-amz-grant-${right}`);

export const aclNotSupported = (): S3Error =>
  new S3Error(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs');
