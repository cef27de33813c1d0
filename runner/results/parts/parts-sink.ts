/** Writes rows as parts of about equal size, and then the manifest that lists them. A part has whole rows, and is a file of its own. */
import { createHash } from 'node:crypto';
import type { ResultRow } from '../../../core/contract/result-row.js';
import { definedFields } from '../../../core/defined-fields.js';
import { UserError } from '../../errors.js';
import type { ByteOutput } from '../byte-output.js';
import { fileSink } from '../file-sink.js';
import { gzipOutput } from '../gzip-output.js';
import type { JobIdentity } from '../results-meta.js';
import type { OutputFacts, Placed, RowForm, RowSink } from '../row-sink.js';
import { beginChange, isHeld, refusedOther, takeAgain, type TakenPlace, takePlace } from './parts-claim.js';
import {
  CLAIM_FILE,
  encodePartsManifest,
  isPartName,
  MANIFEST_FILE,
  MOST_PARTS,
  type PartEntry,
  partName,
} from './parts-manifest.js';
import type { PartsStore } from './parts-store.js';

export interface PartsRequest {
  readonly form: RowForm;
  /** The ending of each part's name, such as `.jsonl.gz`. */
  readonly ending: string;
  readonly gzip: boolean;
  /** A part is closed when it has this many bytes, so it may have a few rows more. */
  readonly partBytes: number;
  readonly identity: JobIdentity;
  readonly force: boolean;
}

/** Takes the place, and returns the sink. */
export async function openParts(store: PartsStore, request: PartsRequest): Promise<RowSink> {
  return new PartsSink(store, request, await takePlace(store, request));
}

interface OpenPart {
  readonly name: string;
  readonly sink: RowSink;
  readonly counted: CountedOutput;
  rows: number;
  readonly firstIndex: number | undefined;
}

class PartsSink implements RowSink {
  readonly #written: PartEntry[] = [];
  #open: OpenPart | undefined;
  #ok = 0;
  #failed = 0;
  #taken: TakenPlace;
  /** True while the claim of the place is ours. Earlier parts in a folder are left alone until the end. */
  #holds: boolean;

  readonly #store: PartsStore;
  readonly #request: PartsRequest;

  constructor(store: PartsStore, request: PartsRequest, taken: TakenPlace) {
    this.#store = store;
    this.#request = request;
    this.#taken = taken;
    this.#holds = taken.isNew || !store.isStaged;
  }

  async write(rows: readonly ResultRow[]): Promise<void> {
    const [first] = rows;
    if (first === undefined) return;
    this.#open ??= await this.#openPart(first.index);
    const part = this.#open;
    await part.sink.write(rows);
    part.rows += rows.length;
    for (const { ok } of rows) {
      if (ok) this.#ok += 1;
      else this.#failed += 1;
    }
    if (part.counted.bytes >= this.#request.partBytes) await this.#closePart(part);
  }

  async finish(facts: OutputFacts): Promise<Placed> {
    // Readers of an empty place would fail, so results without rows are one part without rows.
    if (this.#written.length === 0) this.#open ??= await this.#openPart(undefined);
    if (this.#open !== undefined) await this.#closePart(this.#open);
    await this.#takeForGood();
    await this.#store.publish();
    await this.#removeOthers();
    await this.#putManifest(facts);
    return {};
  }

  /** A reader that looks for no manifest would take what is there for all, so the parts are removed. */
  async discard(): Promise<void> {
    await this.#open?.sink.discard();
    await this.#store.dropHidden();
    // The earlier results are still whole, or the place is another command's now.
    if (!this.#holds || !(await isHeld(this.#store, this.#taken.claim))) return;
    const names = new Set([...this.#written.map(({ name }) => name), ...this.#taken.earlier]);
    for (const name of names) await this.#store.remove(name);
    await this.#store.remove(CLAIM_FILE);
  }

  /** Another command may have written parts since the place was taken, so they are listed anew. */
  async #removeOthers(): Promise<void> {
    const names = new Set(this.#written.map(({ name }) => name));
    const others: string[] = [];
    for await (const { name } of this.#store.list()) if (isPartName(name) && !names.has(name)) others.push(name);
    if (others.length > 0) await this.#requireHeld();
    for (const name of others) await this.#store.remove(name);
  }

  async #takeForGood(): Promise<void> {
    if (this.#holds) return this.#requireHeld();
    this.#taken = await takeAgain(this.#store, this.#request, this.#taken);
    await beginChange(this.#store, this.#taken.claim);
    this.#holds = true;
  }

  /** Parts of another command that writes to the same place must stay as they are. */
  async #requireHeld(): Promise<void> {
    if (await isHeld(this.#store, this.#taken.claim)) return;
    this.#holds = false;
    throw refusedOther(this.#store);
  }

  async #putManifest(facts: OutputFacts): Promise<void> {
    const { identity, ending } = this.#request;
    const manifest = encodePartsManifest({
      version: 1,
      job: identity.job,
      createdAt: identity.createdAt,
      ...definedFields({ provenance: identity.provenance }),
      format: ending.slice(1),
      rows: this.#ok + this.#failed,
      ok: this.#ok,
      failed: this.#failed,
      partial: facts.partial,
      ...definedFields({ only: facts.only }),
      parts: this.#written,
    });
    await this.#requireHeld();
    if (await this.#store.put(MANIFEST_FILE, manifest, { onlyNew: this.#taken.isNew })) return;
    // A retried request can meet the manifest that it has written itself.
    const found = await this.#store.read(MANIFEST_FILE);
    if (found !== undefined && Buffer.from(found).equals(Buffer.from(manifest))) return;
    this.#holds = false;
    throw refusedOther(this.#store);
  }

  async #openPart(firstIndex: number | undefined): Promise<OpenPart> {
    const { form, ending, gzip, partBytes } = this.#request;
    const number = this.#written.length;
    if (number >= MOST_PARTS) {
      throw new UserError(
        `The results would have more than ${MOST_PARTS} parts of ${partBytes} bytes. Give a larger --part-size.`,
      );
    }
    const name = partName(number, ending);
    const options = { onlyNew: this.#taken.isNew, bytes: partBytes };
    const counted = new CountedOutput(await this.#store.open(name, options));
    const sink = fileSink(form, gzip ? gzipOutput(counted) : counted);
    return { name, sink, counted, rows: 0, firstIndex };
  }

  async #closePart({ name, sink, counted, rows, firstIndex }: OpenPart): Promise<void> {
    // The part appears now, and would replace that of a command that has taken the place.
    if (!this.#store.isStaged) await this.#requireHeld();
    await sink.finish({ partial: true });
    this.#open = undefined;
    const { bytes, sha256 } = counted;
    this.#written.push({ name, bytes, sha256, rows, ...definedFields({ firstIndex }) });
  }
}

/** Counts and digests what goes through it. */
class CountedOutput implements ByteOutput {
  bytes = 0;
  sha256 = '';
  readonly #hash = createHash('sha256');

  readonly #output: ByteOutput;

  constructor(output: ByteOutput) {
    this.#output = output;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length;
    this.#hash.update(bytes);
    await this.#output.write(bytes);
  }

  async finish(facts: OutputFacts): Promise<Placed> {
    this.sha256 = this.#hash.digest('hex');
    return this.#output.finish(facts);
  }

  discard(): Promise<void> {
    return this.#output.discard();
  }
}
