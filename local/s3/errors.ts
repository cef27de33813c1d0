/** S3's errors with their exact codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */

export class S3Error extends Error {
  override readonly name = 'S3Error';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Further elements of the error's XML. */
    readonly details: Readonly<Record<string, string>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const noSuchBucket = (bucket: string): S3Error =>
  new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket });

export const noSuchKey = (key: string): S3Error =>
  new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });

export const noSuchUpload = (uploadId: string): S3Error =>
  new S3Error(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: uploadId },
  );

export const preconditionFailed = (condition: string): S3Error =>
  new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });

/** The client may retry the write. */
export const conditionalConflict = (key: string): S3Error =>
  new S3Error(
    409,
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
    { Condition: 'If-None-Match', Key: key },
  );

export const notImplemented = (message: string): S3Error => new S3Error(501, 'NotImplemented', message);

export const headerNotImplemented = (header: string): S3Error =>
  new S3Error(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented.', {
    Header: header,
  });

export const invalidArgument = (message: string, name: string, value: string): S3Error =>
  new S3Error(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value });

export const invalidRequest = (message: string): S3Error => new S3Error(400, 'InvalidRequest', message);

export const badDigest = (message: string): S3Error => new S3Error(400, 'BadDigest', message);

export const malformedXml = (): S3Error =>
  new S3Error(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

export const incompleteBody = (): S3Error =>
  new S3Error(
    400,
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  );

export const entityTooLarge = (size: number, most: number): S3Error =>
  new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    ProposedSize: String(size),
    MaxSizeAllowed: String(most),
  });

/** This error refuses an oversized document; other errors refuse an oversized object. */
export const documentTooLarge = (size: number, most: number): S3Error =>
  new S3Error(400, 'MaxMessageLengthExceeded', 'Your request was too large.', {
    MaxMessageLengthBytes: String(most),
    ProposedSize: String(size),
  });
