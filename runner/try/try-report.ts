/** Puts together what `try` found, as one document from which its text and its JSON are made. */
import { definedFields } from '../../core/defined-fields.js';
import { fieldPath, fieldText } from '../../core/dataset/json-field.js';
import type { ModelSpec } from '../../core/contract/job.js';
import { paceOf, type SlotsNeeded, slotsNeeded } from '../../core/probe/pace.js';
import type { ProbeReport, ProbeResult, ProbeSlice } from '../../core/probe/probe.js';
import type { InputLine } from '../../core/contract/input-line.js';
import type { PackagedModel, Shipped } from '../model/package-model.js';
import type { LeftOut } from '../model/shipping/walk.js';
import type { Explained } from './explain.js';
import type { Sample } from './sample-items.js';

export interface TriedItem {
  readonly index: number;
  readonly input: InputLine;
  /** The text of the item's id. Absent without `--id-field`, and when the item cannot be read. */
  readonly idJson?: string;
  /** Absent when the item was not computed. */
  readonly result?: ProbeResult;
}

export interface TryPace {
  readonly msPerItem: number;
  readonly medianMsPerItem: number;
  readonly slowest: ProbeSlice;
  readonly coresUsed?: number;
}

export interface TryReport {
  readonly dataset: string;
  readonly model: ModelSpec;
  readonly shipped: Shipped & { readonly packedBytes: number; readonly leftOut: readonly LeftOut[] };
  readonly sample: {
    readonly items: number;
    readonly seen: number;
    readonly seenBytes: number;
    readonly isWhole: boolean;
    readonly files?: Sample['files'];
  };
  readonly items: readonly TriedItem[];
  readonly ok: number;
  readonly failed: number;
  readonly prepareMs: number;
  readonly loadMs?: number;
  readonly pace?: TryPace;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  /** The mean size of an output; absent without one. */
  readonly outputBytes?: number;
  readonly needed?: SlotsNeeded & { readonly items: number };
  readonly faults: readonly Explained[];
  readonly repeated?: ProbeReport['repeated'];
  readonly log: readonly string[];
}

const sampleFacts = ({ items, seen, seenBytes, isWhole, files }: Sample): TryReport['sample'] => ({
  items: items.length,
  seen,
  seenBytes,
  isWhole,
  ...definedFields({ files }),
});

/** Some million items give an idea when the dataset was not read to its end. */
const EXAMPLE_ITEMS = 1_000_000;

export function tryReport(
  dataset: string,
  {
    model,
    sample,
    probe,
    faults,
    log,
    idField,
  }: {
    readonly model: PackagedModel;
    readonly sample: Sample;
    readonly probe: ProbeReport;
    readonly faults: readonly Explained[];
    readonly log: readonly string[];
    readonly idField?: string;
  },
): TryReport {
  const { spec, shipped, leftOut, bytes } = model;
  const results = new Map(probe.results.map((result) => [result.index, result]));
  const outputs = probe.results.flatMap((result) => (result.ok ? [Buffer.byteLength(result.outputJson)] : []));
  const pace = paceOf(probe.slices);
  const items = sample.isWhole ? sample.seen : EXAMPLE_ITEMS;
  const { cpuMs, busyMs, loadMs, repeated } = probe;
  return {
    dataset,
    model: spec,
    shipped: { ...shipped, packedBytes: bytes, leftOut },
    sample: sampleFacts(sample),
    items: sample.items.map(({ index, input }) => {
      const result = results.get(index);
      return { index, input, ...definedFields({ idJson: idOf(input, idField), result }) };
    }),
    ok: outputs.length,
    failed: probe.results.length - outputs.length,
    prepareMs: probe.prepareMs,
    ...(loadMs === undefined ? {} : { loadMs }),
    ...(pace === undefined
      ? {}
      : {
          pace: { ...pace, ...(cpuMs === undefined || busyMs === 0 ? {} : { coresUsed: cpuMs / busyMs }) },
          needed: { items, ...slotsNeeded(items, pace.msPerItem) },
        }),
    memoryBytes: probe.memoryBytes,
    memoryLimitBytes: probe.memoryLimitBytes,
    ...(outputs.length === 0 ? {} : { outputBytes: outputs.reduce((a, b) => a + b, 0) / outputs.length }),
    faults,
    ...(repeated === undefined ? {} : { repeated }),
    log,
  };
}

const idOf = (input: InputLine, idField: string | undefined): string | undefined =>
  input.kind === 'item' && idField !== undefined ? fieldText(input.json, fieldPath(idField)) : undefined;

/** A model is usable when it loaded, no process was lost, and an item came out right. */
export const isUsable = ({ faults, ok }: TryReport): boolean => faults.length === 0 && ok > 0;
