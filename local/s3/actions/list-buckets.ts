/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
import { ACCOUNT_ID, type Action } from '../action.js';
import { compareKeys } from '../key-order.js';
import { parseCount } from '../list-parameters.js';
import { decodeToken, encodeToken, wrongToken } from '../listing.js';
import { xmlResponse } from '../response.js';
import { isoSeconds } from '../time.js';
import { leaf, parent, xmlDocument } from '../xml.js';

/** This limit is larger than that of a page of objects, because an account may have more buckets. */
const MAX_BUCKETS_PER_PAGE = 10_000;

export const listBuckets: Action = async (state, { query }) => {
  const prefix = query.get('prefix') ?? '';
  const region = query.get('bucket-region');
  const maxBuckets = parseCount('max-buckets', query.get('max-buckets'), { min: 1, max: MAX_BUCKETS_PER_PAGE });
  const after = readToken(query.get('continuation-token'));
  const rest = state.buckets
    .inOrder()
    .filter(({ name, location }) => name.startsWith(prefix) && (region === null || location === region))
    .filter(({ name }) => compareKeys(name, after) > 0);
  const shown = rest.slice(0, maxBuckets);
  const last = rest.length > shown.length ? shown.at(-1) : undefined;
  return xmlResponse(
    xmlDocument('ListAllMyBucketsResult', [
      parent('Owner', [leaf('ID', ACCOUNT_ID)]),
      parent(
        'Buckets',
        shown.map((bucket) =>
          parent('Bucket', [
            leaf('Name', bucket.name),
            leaf('CreationDate', isoSeconds(bucket.createdAtMs)),
            leaf('BucketRegion', bucket.location),
          ]),
        ),
      ),
      leaf('ContinuationToken', last === undefined ? undefined : encodeToken({ kind: 'key', value: last.name })),
      leaf('Prefix', prefix === '' ? undefined : prefix),
    ]),
  );
};

function readToken(token: string | null): string {
  if (token === null) return '';
  const position = decodeToken(token);
  if (position === undefined) throw wrongToken(token);
  return position.value;
}
