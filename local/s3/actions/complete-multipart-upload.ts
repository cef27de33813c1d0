/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
import type { Action } from '../action.js';
import { Body } from '../body-store.js';
import type { Part, Upload } from '../buckets.js';
import { readObjectChecksum } from '../body-expectations.js';
import { checksumElement, joinChecksums, type Checksum } from '../checksums.js';
import { S3Error, badDigest, invalidRequest, malformedXml } from '../errors.js';
import { etagOf, multipartEtag } from '../etag.js';
import { checksumLeaves } from '../object-reply.js';
import { unquote } from '../preconditions.js';
import { receiveDocument } from '../receive.js';
import type { S3Headers } from '../request.js';
import { xmlResponse } from '../response.js';
import { readUploadId } from '../upload-parameters.js';
import { childrenOf, leaf, parseXml, textOf, xmlDocument, type XmlElement } from '../xml.js';

/** Of every part but the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/** From the reading of the document on all happens in one turn: of racing completions one wins. */
export const completeMultipartUpload: Action = async (state, request) => {
  const uploadId = readUploadId(request.query);
  state.buckets.get(request.bucket).upload(uploadId, request.key);
  const list = parseXml(await receiveDocument(request, { checksumIsOfBody: false }), 'CompleteMultipartUpload');
  const bucket = state.buckets.get(request.bucket);
  const upload = bucket.upload(uploadId, request.key);
  const parts = chooseParts(upload, childrenOf(list, 'Part'));
  const checksum = checksumOf(upload, parts, request.headers);
  const etag = multipartEtag(parts.map((part) => part.md5));
  const body = Body.join(parts.map((part) => part.body));
  try {
    checkSize(request.headers, body.size);
    const { headers, tags } = upload;
    bucket.publish(
      request.key,
      { body, etag, lastModifiedMs: state.nowMs(), headers, checksum, tags },
      request.headers,
    );
  } catch (error) {
    body.release();
    throw error;
  }
  bucket.endUpload(upload);
  return xmlResponse(
    xmlDocument('CompleteMultipartUploadResult', [
      leaf(
        'Location',
        `http://${request.headers.get('host') ?? ''}/${request.bucket}/${encodeURIComponent(request.key)}`,
      ),
      leaf('Bucket', request.bucket),
      leaf('Key', request.key),
      leaf('ETag', etag),
      ...checksumLeaves(checksum),
    ]),
  );
};

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
  if (part.checksum === undefined) return part;
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

function checksumOf(upload: Upload, parts: readonly Part[], headers: S3Headers): Checksum | undefined {
  if (upload.checksum === undefined) return undefined;
  const { algorithm, type } = upload.checksum;
  const askedType = headers.get('x-amz-checksum-type');
  if (askedType !== undefined && askedType !== type) {
    throw invalidRequest(`The upload was created with the ${type} checksum type, not with ${askedType}.`);
  }
  const checksum = joinChecksums(
    algorithm,
    type,
    parts.map((part) => ({ digest: Buffer.from(part.checksum?.value ?? '', 'base64'), size: part.body.size })),
  );
  const given = readObjectChecksum(headers);
  if (given !== undefined && (given.algorithm !== algorithm || given.value !== checksum.value)) {
    throw badDigest(`The ${given.algorithm} you specified did not match the calculated checksum.`);
  }
  return checksum;
}

function checkSize(headers: S3Headers, size: number): void {
  const expected = headers.get('x-amz-mp-object-size');
  if (expected !== undefined && expected !== String(size)) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${size}`,
    );
  }
}
