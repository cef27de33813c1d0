/**
 * Bucket configuration that has no effect here but is kept and given back as it came, so that what sets up a bucket on AWS
 * sets it up here too: Get, Put and Delete of each sub-resource.
 */
import type { Action } from '../action.js';
import { S3Error } from '../errors.js';
import { receiveDocument } from '../receive.js';
import { noContent, xmlResponse } from '../response.js';
import { leaf, parent, parseXml, xmlDocument } from '../xml.js';

export interface Configuration {
  /** As the names of its operations have it. */
  readonly name: string;
  /** The query parameter that names it. */
  readonly subresource: string;
  /** The document's root element; a policy is JSON. */
  readonly root: string | undefined;
  /** What AWS answers when nothing was put: an error's code and message, or a document. */
  readonly absent: { readonly code: string; readonly message: string } | { readonly document: string };
  readonly deletable: boolean;
}

export const CONFIGURATIONS: readonly Configuration[] = [
  {
    name: 'BucketVersioning',
    subresource: 'versioning',
    root: 'VersioningConfiguration',
    absent: { document: xmlDocument('VersioningConfiguration', []) },
    deletable: false,
  },
  {
    name: 'BucketLifecycleConfiguration',
    subresource: 'lifecycle',
    root: 'LifecycleConfiguration',
    absent: { code: 'NoSuchLifecycleConfiguration', message: 'The lifecycle configuration does not exist' },
    deletable: true,
  },
  {
    name: 'BucketPolicy',
    subresource: 'policy',
    root: undefined,
    absent: { code: 'NoSuchBucketPolicy', message: 'The bucket policy does not exist' },
    deletable: true,
  },
  {
    name: 'BucketEncryption',
    subresource: 'encryption',
    root: 'ServerSideEncryptionConfiguration',
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
    absent: {
      document: xmlDocument('ServerSideEncryptionConfiguration', [
        parent('Rule', [
          parent('ApplyServerSideEncryptionByDefault', [leaf('SSEAlgorithm', 'AES256')]),
          leaf('BucketKeyEnabled', false),
        ]),
      ]),
    },
    deletable: true,
  },
  {
    name: 'PublicAccessBlock',
    subresource: 'publicAccessBlock',
    root: 'PublicAccessBlockConfiguration',
    absent: {
      code: 'NoSuchPublicAccessBlockConfiguration',
      message: 'The public access block configuration was not found',
    },
    deletable: true,
  },
  {
    name: 'BucketTagging',
    subresource: 'tagging',
    root: 'Tagging',
    absent: { code: 'NoSuchTagSet', message: 'The TagSet does not exist' },
    deletable: true,
  },
];

export const getConfiguration =
  ({ subresource, root, absent }: Configuration): Action =>
  async (state, request) => {
    const kept = state.buckets.get(request.bucket).configuration.get(subresource);
    if (kept !== undefined) return xmlResponse(kept, root === undefined ? { 'content-type': 'application/json' } : {});
    if ('document' in absent) return xmlResponse(absent.document);
    throw new S3Error(404, absent.code, absent.message, { BucketName: request.bucket });
  };

export const putConfiguration =
  ({ subresource, root }: Configuration): Action =>
  async (state, request) => {
    const document = await receiveDocument(request);
    if (root === undefined) checkPolicy(document);
    else parseXml(document, root);
    state.buckets.get(request.bucket).configuration.set(subresource, document);
    return { status: root === undefined ? 204 : 200 };
  };

export const deleteConfiguration =
  ({ subresource }: Configuration): Action =>
  async (state, request) => {
    state.buckets.get(request.bucket).configuration.delete(subresource);
    return noContent;
  };

function checkPolicy(document: string): void {
  try {
    JSON.parse(document);
  } catch {
    throw new S3Error(400, 'MalformedPolicy', "Policies must be valid JSON and the first byte must be '{'");
  }
}
