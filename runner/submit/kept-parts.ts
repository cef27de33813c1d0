/**
 * Writes `input/kept-<part>.jsonl` beside the parts of the input: ids and kept fields, which no worker reads.
 *
 * Invariants:
 * - A kept part has a line for each item of its input part. It is written once, before the manifest; a part that exists already must be equal.
 * - Ids that were not checked before the submit are checked before the first kept part is written.
 * - `custom_id` is the id by itself only when every readable item has one and all differ. Otherwise the kept parts have no ids.
 */
import { createHash } from 'node:crypto';
import type { IdentitySpec } from '../../core/contract/job.js';
import { keptPartKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { definedFields } from '../../core/defined-fields.js';
import { type CheckedIds, refuseTooManyIds, refuseUnknownFields } from '../dataset/identity/check-ids.js';
import { type Duplicates, duplicatesText, findDuplicates } from '../dataset/identity/find-duplicates.js';
import { IdSet } from '../dataset/identity/id-set.js';
import { IdentityColumn, OWN_ID_FIELD } from '../dataset/identity/identity-column.js';
import type { IdentityRequest } from '../dataset/identity/identity-request.js';
import { placeText } from '../dataset/identity/refusals.js';
import type { ItemGroup } from '../dataset/item-group.js';
import type { Notify } from '../dataset/notice.js';
import { UserError } from '../errors.js';
import { KeptSpool } from './kept-spool.js';

export interface KeptPartsOptions {
  readonly job: string;
  /** The ids were checked before the submit, so they are not checked again. */
  readonly checked?: CheckedIds;
  readonly notify?: Notify;
  /** The groups have the kept lines of another job, with these ids and fields. They are written as they are. */
  readonly copied?: Pick<IdentitySpec, 'idField' | 'keep'>;
}

/** An interrupted submit of the job has written other kept lines. */
export class OtherKeptLines extends Error {
  override readonly name = 'OtherKeptLines';
}

export interface KeptWriting {
  /** Absent when the parts are only read and compared. */
  readonly store?: ObjectStore;
  readonly signal: AbortSignal;
}

export class KeptParts {
  readonly #column: IdentityColumn;
  readonly #options: KeptPartsOptions;
  readonly #spool = new KeptSpool();
  readonly #hash = createHash('sha256');
  /** Absent when the ids were checked before. */
  readonly #ids: IdSet | undefined;
  #duplicates: Duplicates | undefined;

  constructor(request: IdentityRequest, options: KeptPartsOptions) {
    const ids = options.checked === undefined && options.copied === undefined ? new IdSet() : undefined;
    this.#ids = ids;
    this.#column = new IdentityColumn(request, (id) => ids?.add(id));
    this.#options = options;
  }

  /** Adds kept lines to the groups of the dataset. */
  over(groups: AsyncIterable<ItemGroup>): AsyncIterable<ItemGroup> {
    return this.#options.copied === undefined ? this.#column.over(groups) : groups;
  }

  async add(part: number, lines: readonly string[]): Promise<void> {
    await this.#spool.add(part, lines);
    if (this.#ids !== undefined) refuseTooManyIds(this.#ids);
  }

  /** Writes what is held, as far as nothing that follows can change it. */
  async endPart(writing: KeptWriting): Promise<void> {
    await this.#spool.endPart();
    if (this.#isSettled()) await this.#writeAll(writing);
  }

  /** Writes the rest, and returns the manifest's entry. Returns undefined when nothing is kept. */
  async end(writing: KeptWriting): Promise<IdentitySpec | undefined> {
    const { copied } = this.#options;
    if (copied !== undefined) {
      await this.#writeAll(writing);
      return { ...copied, digest: this.#hash.digest('hex') };
    }
    const { idField, keep = [] } = this.#column.request;
    refuseUnknownFields(this.#column);
    if (this.#ids !== undefined && this.#column.hasIds) {
      this.#duplicates = await findDuplicates(this.#ids, this.#column.codec, () => this.#allLines());
    }
    if (idField !== undefined && this.#duplicates !== undefined) throw this.#refused(this.#duplicates);
    this.#tellOwnIds();
    const isNothing = idField === undefined && keep.length === 0 && !this.#hasIds();
    if (isNothing) return undefined;
    await this.#writeAll(writing);
    const digest = this.#hash.digest('hex');
    const { checked } = this.#options;
    if (checked !== undefined && checked.digest !== digest) throw this.#changed();
    const field = idField ?? (this.#hasIds() ? OWN_ID_FIELD : undefined);
    return { ...definedFields({ idField: field }), ...(keep.length === 0 ? {} : { keep }), digest };
  }

  async dispose(): Promise<void> {
    await this.#spool.dispose();
  }

  #hasIds(): boolean {
    return this.#column.hasIds && this.#duplicates === undefined;
  }

  /** Without `--id-field`, the last item decides whether the items have ids. */
  #isSettled(): boolean {
    if (this.#options.copied !== undefined) return true;
    if (this.#column.request.idField !== undefined) return this.#ids === undefined;
    return this.#column.isWithoutIds && !this.#column.isIdle;
  }

  async *#allLines(): AsyncGenerator<readonly string[]> {
    for (const part of this.#spool.parts) yield* this.#spool.linesOf(part);
  }

  async #writeAll(writing: KeptWriting): Promise<void> {
    for (const part of [...this.#spool.parts]) {
      await this.#write(part, writing);
      await this.#spool.drop(part);
    }
  }

  async #write(part: number, { store, signal }: KeptWriting): Promise<void> {
    const key = keptPartKey(this.#options.job, part);
    const before = this.#hash.copy();
    const body = this.#hashed(part, signal);
    if (store === undefined) return drain(body);
    if ((await store.head(key, { signal })) === undefined) {
      const put = await store.upload(key, body, { signal, ifNoneMatch: true, contentType: 'application/jsonl' });
      if (put.kind === 'written') return;
    }
    await drain(body);
    for await (const chunk of store.stream(key, { signal })) before.update(chunk);
    if (before.digest('hex') !== this.#hash.copy().digest('hex')) throw new OtherKeptLines(key);
  }

  /** Yields the bytes of a kept part and adds them to the hash. Ids that are not used after all are left out. */
  async *#hashed(part: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const withoutIds = this.#column.ownIdsEndedAt !== undefined || this.#duplicates !== undefined;
    for await (const lines of this.#spool.linesOf(part)) {
      signal.throwIfAborted();
      if (lines.length === 0) continue;
      const kept = withoutIds ? lines.map((line) => this.#withoutId(line)) : lines;
      const bytes = Buffer.from(`${kept.join('\n')}\n`);
      this.#hash.update(bytes);
      yield bytes;
    }
  }

  #withoutId(line: string): string {
    return this.#column.codec.encode({ keptJson: this.#column.codec.decode(line)?.keptJson ?? [] });
  }

  #tellOwnIds(): void {
    const { request, ownIdsEndedAt, places } = this.#column;
    if (request.idField !== undefined) return;
    const tell = (message: string): void => this.#options.notify?.({ level: 'info', code: 'ids', message });
    const place = (index: number): string => placeText(request, { index, place: places.of(index) });
    const [twice] = this.#duplicates?.examples ?? [];
    if (ownIdsEndedAt !== undefined) {
      tell(`The field ${OWN_ID_FIELD} is not the items' id, because ${place(ownIdsEndedAt)} has no ${OWN_ID_FIELD}.`);
    } else if (twice !== undefined) {
      tell(
        `The field ${OWN_ID_FIELD} is not the items' id, because ${place(twice.firstIndex)} and ${place(twice.index)} have the same.`,
      );
    } else if (this.#hasIds()) {
      tell(`Each item's id is its ${OWN_ID_FIELD}. To use another field: --id-field`);
    }
  }

  #refused(duplicates: Duplicates): UserError {
    const { request, places } = this.#column;
    return new UserError(
      `${duplicatesText(duplicates, request, places)}\n` +
        `Job ${this.#options.job} was not created. The input that was uploaded for it stays in the stack's bucket.`,
    );
  }

  #changed(): UserError {
    const { name } = this.#column.request;
    return new UserError(`The dataset ${name} changed while it was read. Submit it again.`);
  }
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of chunks) continue;
}
