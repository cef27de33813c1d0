/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
import { ACCOUNT_ID, type Action } from '../action.js';
import { xmlResponse } from '../response.js';
import { leaf, parent, xmlDocument } from '../xml.js';

export const listBuckets: Action = async (state, request) => {
  const prefix = request.query.get('prefix') ?? '';
  const buckets = state.buckets.inOrder().filter((bucket) => bucket.name.startsWith(prefix));
  return xmlResponse(
    xmlDocument('ListAllMyBucketsResult', [
      parent('Owner', [leaf('ID', ACCOUNT_ID)]),
      parent(
        'Buckets',
        buckets.map((bucket) =>
          parent('Bucket', [
            leaf('Name', bucket.name),
            leaf('CreationDate', new Date(bucket.createdAtMs).toISOString()),
            leaf('BucketRegion', bucket.location),
          ]),
        ),
      ),
    ]),
  );
};
