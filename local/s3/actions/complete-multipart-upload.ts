/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
import type { Action, S3State } from '../action.js';
import { readObjectChecksum } from '../body-expectations.js';
import { Body } from '../body.js';
import type { Part, StoredObject, Upload } from '../buckets.js';
import { checksumElement, DEFAULT_ALGORITHM, joinChecksums, type Checksum } from '../checksums.js';
import type { WriteWatch } from '../conditional-writes.js';
import { S3Error, badDigest, invalidRequest, malformedXml } from '../errors.js';
import { etagOf, multipartEtag } from '../etag.js';
import { ENCRYPTED } from '../object-headers.js';
import { checksumLeaves } from '../object-reply.js';
import { unquote } from '../preconditions.js';
import { receiveDocument } from '../receive.js';
import type { S3Headers, S3Request } from '../request.js';
import { xmlResponse } from '../response.js';
import { readUploadId } from '../upload-parameters.js';
import { childrenOf, leaf, parseXml, textOf, xmlDocument, type XmlElement } from '../xml.js';

/** The limit holds for every part but the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/**
 * Ten thousand parts, each with its number, its ETag and a checksum of each kind, give eight elements of two tags
 * each.
 */
const MAX_TAGS = 10_000 * 2 * 8;

/** Everything after the reading of the document happens in one turn, so that one of several racing completions wins. */
export const completeMultipartUpload: Action = async (state, request) => {
  const uploadId = readUploadId(request.query);
  const bucket = state.buckets.get(request.bucket);
  bucket.upload(uploadId, request.key);
  const object = await bucket.conditionalWrites.during(request.key, request.headers, async (watch) => {
    const document = await receiveDocument(request, 'CompleteMultipartUpload', { checksumIsOfBody: false });
    const listed = childrenOf(parseXml(document, 'CompleteMultipartUpload', MAX_TAGS), 'Part');
    return complete(state, request, listed, watch);
  });
  return xmlResponse(
    xmlDocument('CompleteMultipartUploadResult', [
      leaf(
        'Location',
        `http://${request.headers.get('host') ?? ''}/${request.bucket}/${encodeURIComponent(request.key)}`,
      ),
      leaf('Bucket', request.bucket),
      leaf('Key', request.key),
      leaf('ETag', object.etag),
      ...checksumLeaves(object.checksum),
    ]),
    ENCRYPTED,
  );
};

function complete(state: S3State, request: S3Request, listed: readonly XmlElement[], watch: WriteWatch): StoredObject {
  const bucket = state.buckets.get(request.bucket);
  const upload = bucket.upload(readUploadId(request.query), request.key);
  const chosen = chooseParts(upload, listed);
  const checksum = checksumOf(upload, chosen, request.headers);
  const object: StoredObject = {
    body: Body.join(chosen.map((part) => part.body)),
    etag: multipartEtag(chosen.map((part) => part.md5)),
    lastModifiedMs: state.nowMs(),
    headers: upload.headers,
    tags: upload.tags,
    checksum,
    parts: chosen.map((part) => ({ number: part.number, size: part.body.size, checksum: part.checksum })),
  };
  try {
    checkSize(request.headers, object.body.size);
    bucket.publish(request.key, object, request.headers, watch, upload);
  } catch (error) {
    object.body.release();
    throw error;
  }
  return object;
}

function chooseParts(upload: Upload, listed: readonly XmlElement[]): readonly Part[] {
  if (listed.length === 0) throw malformedXml();
  const parts: Part[] = [];
  for (const element of listed) {
    const number = Number(textOf(element, 'PartNumber') ?? Number.NaN);
    if (!Number.isSafeInteger(number)) throw malformedXml();
    const previous = parts.at(-1);
    if (previous !== undefined && number <= previous.number) {
      throw new S3Error(
        400,
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
        { UploadId: upload.id },
      );
    }
    parts.push(choosePart(upload, number, element));
  }
  const small = parts.slice(0, -1).find((part) => part.body.size < MIN_PART_BYTES);
  if (small !== undefined) {
    throw new S3Error(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      PartNumber: String(small.number),
      ETag: unquote(etagOf(small.md5)),
      ProposedSize: String(small.body.size),
      MinSizeAllowed: String(MIN_PART_BYTES),
    });
  }
  return parts;
}

function choosePart(upload: Upload, number: number, element: XmlElement): Part {
  const part = upload.parts.get(number);
  const etag = textOf(element, 'ETag');
  if (etag === undefined) throw malformedXml();
  if (part === undefined || unquote(etag.trim()) !== unquote(etagOf(part.md5))) throw invalidPart(upload, number, etag);
  const given = textOf(element, checksumElement(part.checksum.algorithm));
  if (given !== undefined && given !== part.checksum.value) throw invalidPart(upload, number, etag);
  if (given === undefined && upload.checksum?.type === 'COMPOSITE') {
    const algorithm = part.checksum.algorithm.toLowerCase();
    throw invalidRequest(
      `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    );
  }
  return part;
}

const invalidPart = (upload: Upload, number: number, etag: string): S3Error =>
  new S3Error(
    400,
    'InvalidPart',
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { UploadId: upload.id, PartNumber: String(number), ETag: unquote(etag) },
  );

function checksumOf(upload: Upload, parts: readonly Part[], headers: S3Headers): Checksum {
  const { algorithm, type } = upload.checksum ?? { algorithm: DEFAULT_ALGORITHM, type: 'FULL_OBJECT' };
  const askedType = headers.get('x-amz-checksum-type') ?? type;
  if (askedType !== type)
    throw badDigest(`The upload was created with the ${type} checksum type, not with ${askedType}.`);
  const checksum = joinChecksums(
    algorithm,
    type,
    parts.map((part) => ({ digest: Buffer.from(part.joined.value, 'base64'), size: part.body.size })),
  );
  const given = readObjectChecksum(headers);
  if (given !== undefined && (given.algorithm !== algorithm || given.value !== checksum.value)) {
    throw badDigest(`The ${given.algorithm} you specified did not match the calculated checksum.`);
  }
  return upload.checksum === undefined ? { ...checksum, isDefault: true } : checksum;
}

function checkSize(headers: S3Headers, size: number): void {
  const expected = headers.get('x-amz-mp-object-size');
  if (expected !== undefined && expected !== String(size)) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${size}`,
    );
  }
}
