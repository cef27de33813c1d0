/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
import type { Action } from '../action.js';
import { isValidBucketName } from '../bucket-name.js';
import { Bucket } from '../buckets.js';
import { CONFIGURATIONS } from './bucket-configuration.js';
import { S3Error, headerNotImplemented, notImplemented } from '../errors.js';
import { receiveDocument } from '../receive.js';
import type { S3Headers, S3Request } from '../request.js';
import { MAX_BUCKET_TAGS, readTagSet, taggingDocument } from '../tags.js';
import { childrenOf, parseXml, textOf, type XmlElement } from '../xml.js';

/**
 * Only this region's endpoint creates buckets in any other region, and accepts the creation of one's own bucket
 * again.
 */
const LEGACY_REGION = 'us-east-1';
const REGION_SHAPE = /^([a-z]{2,4}(-[a-z]+)+-\d|EU)$/;

export const createBucket: Action = async (state, request) => {
  if (!isValidBucketName(request.bucket)) {
    throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.', { BucketName: request.bucket });
  }
  checkServed(request.headers);
  const hasBody = Number(request.headers.get('content-length') ?? 0) > 0;
  const configuration = hasBody
    ? parseXml(await receiveDocument(request, 'CreateBucket'), 'CreateBucketConfiguration')
    : '';
  const location = readLocation(configuration, regionOf(request) ?? state.region);
  const tags = readTags(configuration);
  const existing = state.buckets.find(request.bucket);
  if (existing === undefined) {
    const bucket = new Bucket(request.bucket, location, state.nowMs(), state.buckets.keeper);
    for (const { subresource, initial } of CONFIGURATIONS) {
      if (initial !== undefined) bucket.configuration.set(subresource, initial);
    }
    if (tags !== undefined) bucket.configuration.set('tagging', tags);
    state.buckets.add(bucket);
  } else if (existing.location !== LEGACY_REGION || location !== LEGACY_REGION) {
    throw new S3Error(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { BucketName: request.bucket },
    );
  }
  return { status: 200, headers: { location: `/${request.bucket}` } };
};

/** These headers ask for another kind of bucket. */
function checkServed(headers: S3Headers): void {
  if (headers.get('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true') {
    throw headerNotImplemented('x-amz-bucket-object-lock-enabled');
  }
  if ((headers.get('x-amz-object-ownership') ?? 'BucketOwnerEnforced') !== 'BucketOwnerEnforced') {
    throw headerNotImplemented('x-amz-object-ownership');
  }
}

/** Returns the region whose endpoint the client wanted: the request's signature names it. */
function regionOf({ headers }: S3Request): string | undefined {
  const credential = /Credential=([^,\s]+)/.exec(headers.get('authorization') ?? '')?.[1];
  return (credential ?? headers.get('x-amz-credential'))?.split('/')[2];
}

/** Returns the tags in the form that PutBucketTagging stores. */
function readTags(configuration: XmlElement): string | undefined {
  const [tags] = childrenOf(configuration, 'Tags');
  return tags === undefined ? undefined : taggingDocument(readTagSet(tags, MAX_BUCKET_TAGS));
}

function readLocation(configuration: XmlElement, region: string): string {
  if (childrenOf(configuration, 'Bucket').length > 0) throw notImplemented('Directory buckets are not served.');
  const constraint = textOf(configuration, 'LocationConstraint');
  if (constraint === undefined || constraint === '') {
    if (region === LEGACY_REGION) return region;
    throw illegalConstraint('unspecified');
  }
  // The oldest region has no location constraint.
  if (constraint === LEGACY_REGION || !REGION_SHAPE.test(constraint)) {
    throw new S3Error(400, 'InvalidLocationConstraint', 'The specified location-constraint is not valid', {
      LocationConstraint: constraint,
    });
  }
  const location = constraint === 'EU' ? 'eu-west-1' : constraint;
  if (region !== LEGACY_REGION && location !== region) throw illegalConstraint(constraint);
  return location;
}

const illegalConstraint = (constraint: string): S3Error =>
  new S3Error(
    400,
    'IllegalLocationConstraintException',
    `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
