/**
 * Decides whether results may be written to a folder or prefix, and takes it (R15).
 *
 * Invariants, even if the process is killed at any moment:
 * - Nothing that spotpool did not write is replaced or removed, with `force` neither.
 * - A manifest is there only while all of its parts are, unchanged: it is removed before a part changes, and written after the last.
 * - Parts without a manifest stand beside a claim, so the same command recognises them and writes the place anew.
 * - The claim names the command that holds the place. A command that finds another one's claim changes nothing more.
 */
import { randomBytes } from 'node:crypto';
import { UserError } from '../../errors.js';
import { isSameJob, type JobIdentity } from '../results-meta.js';
import {
  CLAIM_FILE,
  type Claim,
  decodeClaim,
  decodePartsManifest,
  encodeClaim,
  isPartName,
  MANIFEST_FILE,
  type PartsManifest,
} from './parts-manifest.js';
import type { PartsStore, StoredFile } from './parts-store.js';

export type PartsState =
  | { readonly kind: 'free' }
  | {
      readonly kind: 'ours';
      readonly identity: JobIdentity;
      readonly parts: readonly StoredFile[];
      /** Absent when the earlier writing did not come to its end. */
      readonly manifest?: PartsManifest;
    };

export interface TakenPlace {
  /** The place was free, so no file of it may exist when it is written. */
  readonly isNew: boolean;
  /** The names of the earlier parts. */
  readonly earlier: readonly string[];
  readonly claim: Claim;
}

/** Throws a `UserError` when something that spotpool did not write is there. */
export async function partsStateOf(store: PartsStore): Promise<PartsState> {
  const parts: StoredFile[] = [];
  let any = false;
  for await (const file of store.list()) {
    any = true;
    if (isPartName(file.name)) parts.push(file);
    else if (file.name !== CLAIM_FILE && file.name !== MANIFEST_FILE) throw refusedFile(store, file.name);
  }
  if (!any) return { kind: 'free' };
  const claim = await store.read(CLAIM_FILE);
  const identity = claim === undefined ? undefined : decodeClaim(claim);
  if (identity === undefined) throw refusedFile(store, parts[0]?.name ?? MANIFEST_FILE);
  const text = await store.read(MANIFEST_FILE);
  const manifest = text === undefined ? undefined : decodePartsManifest(text);
  if (text !== undefined && manifest === undefined) throw refusedFile(store, MANIFEST_FILE);
  return { kind: 'ours', identity, parts, ...(manifest === undefined ? {} : { manifest }) };
}

/** Throws a `UserError` when the place needs `force`. `isOurJob` tells whether earlier results are those of this job. */
export function refuseState(store: PartsStore, state: PartsState, isOurJob: (identity: JobIdentity) => boolean): void {
  if (state.kind === 'free') return;
  if (!isOurJob(state.identity)) {
    throw new UserError(
      `${store.place} holds results of job ${state.identity.job}. Name another place with --out, or replace them with --force.`,
    );
  }
  const changed = changedPart(state);
  if (changed === undefined) return;
  throw new UserError(
    `${store.place}${changed} was changed after it was written. Name another place with --out, or replace it with --force.`,
  );
}

function changedPart({ parts, manifest }: Extract<PartsState, { kind: 'ours' }>): string | undefined {
  if (manifest === undefined) return undefined;
  const written = new Map(manifest.parts.map(({ name, bytes }) => [name, bytes]));
  return parts.find(({ name, bytes }) => written.get(name) !== bytes)?.name;
}

/** Removes what says that the place is whole, and writes whose it is, before the first part changes. */
export async function beginChange(store: PartsStore, claim: Claim): Promise<void> {
  await store.remove(MANIFEST_FILE);
  await store.put(CLAIM_FILE, encodeClaim(claim), { onlyNew: false });
}

/** False when another command has taken the place meanwhile. */
export async function isHeld(store: PartsStore, { writer }: Claim): Promise<boolean> {
  const claim = await store.read(CLAIM_FILE);
  return claim !== undefined && decodeClaim(claim)?.writer === writer;
}

export const refusedOther = ({ place }: PartsStore): UserError =>
  new UserError(
    `Another command writes to ${place} at the same time. Wait for its end, or name another place with --out.`,
  );

export async function takePlace(
  store: PartsStore,
  { identity, force }: { readonly identity: JobIdentity; readonly force: boolean },
): Promise<TakenPlace> {
  await store.prepare();
  const state = await partsStateOf(store);
  if (!force) refuseState(store, state, (earlier) => isSameJob(earlier, identity));
  const claim = { job: identity.job, createdAt: identity.createdAt, writer: randomBytes(8).toString('hex') };
  if (state.kind === 'free') {
    const isNew = await store.put(CLAIM_FILE, encodeClaim(claim), { onlyNew: true });
    // A retried request can meet the claim that it has written itself.
    if (isNew || (await isHeld(store, claim))) return { isNew: true, earlier: [], claim };
    throw refusedOther(store);
  }
  if (!store.isStaged) await beginChange(store, claim);
  return { isNew: false, earlier: state.parts.map(({ name }) => name), claim };
}

/** Looks at a staged place again before its earlier parts are replaced, because another command may have written there meanwhile. */
export async function takeAgain(
  store: PartsStore,
  { identity, force }: { readonly identity: JobIdentity; readonly force: boolean },
  taken: TakenPlace,
): Promise<TakenPlace> {
  const state = await partsStateOf(store);
  if (!force) refuseState(store, state, (earlier) => isSameJob(earlier, identity));
  return { ...taken, earlier: state.kind === 'free' ? [] : state.parts.map(({ name }) => name) };
}

const refusedFile = ({ place }: PartsStore, name: string): UserError =>
  new UserError(
    `${place} holds ${name}, and spotpool did not write it. Name a new or empty ${place.startsWith('s3://') ? 'prefix' : 'folder'} with --out.`,
  );
