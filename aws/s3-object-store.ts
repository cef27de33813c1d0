/**
 * Implements core/contract/object-store.ts on S3. It retries what the SDK does not: a conditional put that S3 answers with 409, and a body that
 * breaks while it is read (the SDK retries only up to the head of an answer).
 */
import { addAbortSignal, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import {
  type ListedFolder,
  type ListedObject,
  ObjectChanged,
  type ObjectHead,
  ObjectMissing,
  ObjectRefused,
  type ObjectStore,
  type PutOptions,
  type PutResult,
  type ReadOptions,
  type StoredObject,
} from '../core/contract/object-store.js';
import { isAccessDenied, isBeyondObject, isMissingObject, isPreconditionFailed, isWriteConflict } from './errors.js';

/** Writers that race for one key need one round trip each. More conflicts than this have another cause. */
const MAX_PUT_TRIES = 6;
/** After this many broken reads of a body in a row, the caller gets the error. */
const MAX_BROKEN_READS = 4;
const RETRY_BASE_MS = 15;
/** S3 accepts no smaller parts. Three at once hold some 15 MiB. */
const LEAST_PART_BYTES = 5 * 1024 * 1024;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MOST_PARTS = 10_000;
const UPLOAD_PARTS_AT_ONCE = 3;
/** Cleaning up after an aborted upload must not hold up its caller. */
const CLEAN_UP_MS = 5_000;

export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async get(key: string, options: ReadOptions): Promise<StoredObject | undefined> {
    // S3 does not support empty ranges.
    if (options.range !== undefined && options.range.endByte <= options.range.startByte)
      return this.#empty(key, options);
    for (let tries = 1; ; tries += 1) {
      const response = await this.#open(key, options, options.ifMatch).catch((error: unknown) => {
        if (isBeyondObject(error)) return 'beyond' as const;
        throw error;
      });
      if (response === undefined) return undefined;
      if (response === 'beyond') return this.#empty(key, options);
      try {
        const body = await bytesOf(response, options.signal);
        return { body, etag: response.ETag ?? '', metadata: response.Metadata ?? {} };
      } catch (error) {
        options.signal.throwIfAborted();
        if (tries >= MAX_BROKEN_READS) throw this.#explain(error, 'reading', key);
      }
      await backOff(tries, options.signal);
    }
  }

  /** Continues where a broken body ended, as long as the object is the same. */
  async *stream(key: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
    let position = options.range?.startByte ?? 0;
    const endByte = options.range?.endByte;
    let etag = options.ifMatch;
    let broken = 0;
    while (endByte === undefined || position < endByte) {
      const range = position === 0 && endByte === undefined ? undefined : { startByte: position, endByte };
      const response = await this.#open(key, { ...options, range }, etag).catch((error: unknown) => {
        if (isBeyondObject(error)) return 'beyond' as const;
        throw error;
      });
      if (response === undefined) throw new ObjectMissing(key);
      if (response === 'beyond') return;
      etag = response.ETag;
      try {
        for await (const chunk of bodyOf(response, options.signal)) {
          position += chunk.length;
          broken = 0;
          yield chunk;
        }
        return;
      } catch (error) {
        options.signal.throwIfAborted();
        broken += 1;
        if (broken >= MAX_BROKEN_READS) throw this.#explain(error, 'reading', key);
      }
      await backOff(broken, options.signal);
    }
  }

  async head(key: string, options: { readonly signal: AbortSignal }): Promise<ObjectHead | undefined> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.#bucket, Key: key });
      const response = await this.#client.send(command, { abortSignal: options.signal });
      return { size: response.ContentLength ?? 0, etag: response.ETag ?? '', metadata: response.Metadata ?? {} };
    } catch (error) {
      if (isMissingObject(error)) return undefined;
      throw this.#explain(error, 'reading', key);
    }
  }

  async put(key: string, body: Uint8Array | string, options: PutOptions): Promise<PutResult> {
    // Bodies are bytes, because the SDK does not retry streams.
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    for (let tries = 1; ; tries += 1) {
      try {
        const command = new PutObjectCommand({ ...this.#putParameters(key, options), Body: bytes });
        const response = await this.#client.send(command, { abortSignal: options.signal });
        return { kind: 'written', etag: response.ETag ?? '' };
      } catch (error) {
        const result = refusal(error, options);
        if (result !== undefined) return result;
        if (!isWriteConflict(error) || tries >= MAX_PUT_TRIES) throw this.#explain(error, doing(options), key);
      }
      await backOff(tries, options.signal);
    }
  }

  async upload(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult> {
    options.signal.throwIfAborted();
    try {
      const upload = new Upload({
        client: abortable(this.#client, options.signal),
        params: { ...this.#putParameters(key, options), Body: Readable.from(untilAborted(body, options.signal)) },
        partSize: Math.max(LEAST_PART_BYTES, Math.ceil((options.bytes ?? 0) / MOST_PARTS)),
        queueSize: UPLOAD_PARTS_AT_ONCE,
      });
      const response = await upload.done();
      return { kind: 'written', etag: response.ETag ?? '' };
    } catch (error) {
      options.signal.throwIfAborted();
      const result = refusal(error, options);
      if (result !== undefined) return result;
      throw this.#explain(error, doing(options), key);
    }
  }

  async *list(
    prefix: string,
    options: { readonly signal: AbortSignal; readonly startAfter?: string },
  ): AsyncGenerator<ListedObject> {
    for await (const page of this.#pages(prefix, options)) {
      yield* listedObjects(page);
    }
  }

  async listFolder(prefix: string, options: { readonly signal: AbortSignal }): Promise<ListedFolder> {
    const objects: ListedObject[] = [];
    const folders: string[] = [];
    let atMs = Date.now(); // counts when no answer has a date
    const onDate = (dateMs: number): void => void (atMs = dateMs);
    for await (const page of this.#pages(prefix, { ...options, delimiter: '/', onDate })) {
      objects.push(...listedObjects(page));
      for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) folders.push(Prefix);
    }
    return { objects, folders, atMs };
  }

  async *#pages(
    prefix: string,
    options: {
      readonly signal: AbortSignal;
      readonly startAfter?: string;
      readonly delimiter?: string;
      /** Gets the time of S3's clock from each answer. */
      readonly onDate?: (dateMs: number) => void;
    },
  ): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        Delimiter: options.delimiter,
        StartAfter: token === undefined ? options.startAfter : undefined,
        ContinuationToken: token,
      });
      if (options.onDate !== undefined) reportDate(command, options.onDate);
      let page: ListObjectsV2CommandOutput;
      try {
        page = await this.#client.send(command, { abortSignal: options.signal });
      } catch (error) {
        throw this.#explain(error, 'listing', prefix);
      }
      yield page;
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Returns an empty body if the object exists. */
  async #empty(key: string, options: ReadOptions): Promise<StoredObject | undefined> {
    const head = await this.head(key, options);
    return head && { body: new Uint8Array(), etag: head.etag, metadata: head.metadata };
  }

  async #open(
    key: string,
    options: Omit<ReadOptions, 'range'> & { readonly range?: OpenRange | undefined },
    etag?: string,
  ): Promise<GetObjectCommandOutput | undefined> {
    try {
      const command = new GetObjectCommand({
        Bucket: this.#bucket,
        Key: key,
        Range: options.range && rangeHeader(options.range),
        IfMatch: etag,
      });
      return await this.#client.send(command, { abortSignal: options.signal });
    } catch (error) {
      if (isMissingObject(error)) return undefined;
      if (options.ifMatch !== undefined && isPreconditionFailed(error)) throw new ObjectChanged(key);
      throw this.#explain(error, 'reading', key);
    }
  }

  #putParameters(key: string, options: PutOptions) {
    return {
      Bucket: this.#bucket,
      Key: key,
      ContentType: options.contentType,
      Metadata: options.metadata && { ...options.metadata },
      IfNoneMatch: options.ifNoneMatch === true ? '*' : undefined,
      IfMatch: options.ifMatch,
      Tagging: options.tag && [options.tag.key, options.tag.value].map(encodeURIComponent).join('='),
    };
  }

  #explain(error: unknown, doing: Doing, key: string): unknown {
    if (!isAccessDenied(error)) return error;
    const permission = PERMISSIONS[doing];
    const hint =
      doing === 'reading' ? ' and s3:ListBucket (without it S3 answers 403, not 404, for a missing object)' : '';
    return new ObjectRefused(
      `S3 refused ${doing} s3://${this.#bucket}/${key} (403). Check the credentials, and that they allow ${permission}${hint}.`,
      { cause: error },
    );
  }
}

type Doing = 'reading' | 'writing' | 'listing' | 'writing and tagging';

const PERMISSIONS: Readonly<Record<Doing, string>> = {
  reading: 's3:GetObject',
  writing: 's3:PutObject',
  listing: 's3:ListBucket',
  'writing and tagging': 's3:PutObject and s3:PutObjectTagging',
};

const doing = ({ tag }: PutOptions): Doing => (tag === undefined ? 'writing' : 'writing and tagging');

interface OpenRange {
  readonly startByte: number;
  readonly endByte: number | undefined;
}

const rangeHeader = (range: OpenRange): string =>
  `bytes=${range.startByte}-${range.endByte === undefined ? '' : range.endByte - 1}`;

function bodyOf(response: GetObjectCommandOutput, signal: AbortSignal): AsyncIterable<Buffer> {
  return addAbortSignal(signal, response.Body as Readable);
}

/** Puts chunks into their place as they come: joining them at the end would hold them twice in memory. */
async function bytesOf(response: GetObjectCommandOutput, signal: AbortSignal): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(response.ContentLength ?? 0);
  const beyond: Buffer[] = [];
  let length = 0;
  for await (const chunk of bodyOf(response, signal)) {
    if (beyond.length === 0 && length + chunk.length <= bytes.length) length += chunk.copy(bytes, length);
    else beyond.push(chunk);
  }
  const known = bytes.subarray(0, length);
  return beyond.length === 0 ? known : Buffer.concat([known, ...beyond]);
}

/** Returns why S3 refused a conditional write; undefined when it failed for another reason. */
function refusal(error: unknown, options: PutOptions): PutResult | undefined {
  if (options.ifMatch !== undefined && (isPreconditionFailed(error) || isMissingObject(error))) {
    return { kind: 'changed' };
  }
  return options.ifNoneMatch === true && isPreconditionFailed(error) ? { kind: 'exists' } : undefined;
}

/** The SDK does not return the answer's headers, so a middleware reads the date from them. */
function reportDate(command: ListObjectsV2Command, onDate: (dateMs: number) => void): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = (result.response ?? {}) as { readonly headers?: Readonly<Record<string, string>> };
      const dateMs = Date.parse(headers?.['date'] ?? '');
      if (!Number.isNaN(dateMs)) onDate(dateMs);
      return result;
    },
    { step: 'deserialize', name: 'spotpoolTellDate' },
  );
}

function* listedObjects(page: ListObjectsV2CommandOutput): Generator<ListedObject> {
  for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
    if (Key === undefined) continue;
    yield { key: Key, size: Size ?? 0, etag: ETag ?? '', lastModifiedMs: LastModified?.getTime() ?? 0 };
  }
}

/** Fails on abort, also after the last chunk. That error makes `Upload` remove the parts that it has sent. */
async function* untilAborted(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    signal.throwIfAborted();
    yield chunk;
  }
  signal.throwIfAborted();
}

/** lib-storage passes no signal to its requests, and its own abort does not wait until the parts are removed. */
function abortable(client: S3Client, signal: AbortSignal): S3Client {
  const bound = Object.create(client) as S3Client;
  const send = (command: Parameters<S3Client['send']>[0]): Promise<unknown> => {
    const cleansUp = command instanceof AbortMultipartUploadCommand;
    return client.send(command, { abortSignal: cleansUp ? AbortSignal.timeout(CLEAN_UP_MS) : signal });
  };
  bound.send = send as S3Client['send'];
  return bound;
}

const backOff = (tries: number, signal: AbortSignal): Promise<void> =>
  delay(RETRY_BASE_MS * 2 ** tries, undefined, { signal });
