/**
 * The short form of `spotpool try`, before a submission sends anything: the model is loaded and given one slice, on the submitter's machine, in 20 s at most. It
 * refuses only what would fail on every instance. Anything else is told in one line, and the submission goes on.
 */
import type { ProbeMark } from '../../core/contract/probe-mark.js';
import { decodeObjectReference } from '../../core/contract/input-line.js';
import type { DatasetSpec, JobOptions } from '../../core/contract/job.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { paceOf } from '../../core/probe/pace.js';
import type { ProbeItem, ProbeReport } from '../../core/probe/probe.js';
import { definedFields } from '../../core/defined-fields.js';
import { oneLine, plural, span } from '../display/format.js';
import { UserError } from '../errors.js';
import type { PackagedModel } from '../model/package-model.js';
import { type DetectedPython, detectPython } from '../python/detect-python.js';
import type { Clock, ModelProbe } from '../ports.js';
import { explainFailures, type Explained } from '../try/explain.js';
import { shippedStore } from '../try/shipped-store.js';
import type { Weights } from '../weights/weights.js';
import { duration } from '../try/duration.js';
import { joinSignals } from '../signals.js';

/** The time for everything, of which nobody wants to wait longer each time. */
export const FIRST_TRY_MS = 20_000;
/** So many items are a slice of an unknown model: enough to see a wrong number of outputs. */
export const FIRST_TRY_ITEMS = 8;
const BYTES_PER_GIB = 1024 ** 3;
/** So many bytes are copied within a second or two. */
const MOST_FILES_BYTES = 256_000_000;

export interface FirstTryEvent {
  readonly code: 'tried';
  readonly level: 'info' | 'warning';
  readonly message: string;
}

export interface FirstTryRequest {
  readonly model: PackagedModel;
  readonly weights: Weights | undefined;
  readonly kind: DatasetSpec['kind'];
  readonly items: readonly ProbeItem[];
  readonly options: JobOptions;
  /** Reads the files that the items name, when they are files of this machine. */
  readonly streams?: Pick<ObjectStore, 'stream'>;
  readonly cwd: string;
  /** The environment of the command. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface FirstTryPorts {
  readonly probe: () => Promise<ModelProbe>;
  readonly clock: Clock;
}

/** Throws a `UserError` when the model would fail on every instance. Returns the pace, if one was measured. */
export async function tryFirst(
  request: FirstTryRequest,
  ports: FirstTryPorts,
  { onEvent, signal }: { readonly onEvent: (event: FirstTryEvent) => void; readonly signal: AbortSignal },
): Promise<ProbeMark | undefined> {
  const python = request.model.spec.python === undefined ? undefined : await detectPython(request.env, signal);
  const skipped = reasonToSkip(request, python);
  if (skipped !== undefined) {
    onEvent({ code: 'tried', level: 'info', message: `The model is not tried on this machine first: ${skipped}.` });
    return undefined;
  }
  const late = new AbortController();
  const done = new AbortController();
  void ports.clock.sleep(FIRST_TRY_MS, joinSignals([signal, done.signal])).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    const report = await run({ ...request, python: python?.executable }, ports, joinSignals([signal, late.signal]));
    return judge(request, report, ports, onEvent);
  } catch (error) {
    signal.throwIfAborted();
    if (!late.signal.aborted) throw error;
    onEvent({
      code: 'tried',
      level: 'info',
      message: `The model was tried on this machine first, but gave no answer within ${span(FIRST_TRY_MS / 1000)}. So there is no pace, and the submission goes on.`,
    });
    return undefined;
  } finally {
    done.abort();
  }
}

function reasonToSkip(
  { kind, model, weights, streams, items }: FirstTryRequest,
  python: DetectedPython | undefined,
): string | undefined {
  if (kind === 'objects' && streams === undefined)
    return 'its items are objects in S3, which would have to be fetched. spotpool try does that';
  if (kind === 'objects' && filesBytes(items) > MOST_FILES_BYTES)
    return 'the first files of the dataset are larger than 256 MB together. spotpool try takes fewer';
  if (weights?.bucket !== undefined) {
    return `its weights are in the bucket ${oneLine(weights.bucket)}, from where they would have to be fetched. spotpool try does that`;
  }
  if ((weights?.spec.bytes ?? 0) > BYTES_PER_GIB) return 'its weights are larger than 1 GiB. spotpool try loads them';
  const { python: locked } = model.spec;
  if (locked === undefined) return undefined;
  const isSame = locked.python === python?.python && kindOf(locked.platform) === kindOf(python.platform ?? '');
  return isSame
    ? undefined
    : `its packages are for Python ${locked.python} on ${locked.platform}. spotpool try takes those of this machine`;
}

const filesBytes = (items: readonly ProbeItem[]): number =>
  items.reduce(
    (sum, { input }) => sum + (input.kind === 'item' ? (decodeObjectReference(input.json)?.size ?? 0) : 0),
    0,
  );

/** Platforms that differ in the version of their C library alone are of one kind. */
const kindOf = (platform: string): string => platform.replace(/_2_\d+$/, '');

async function run(
  { model, weights, items, options, python, streams }: FirstTryRequest & { readonly python: string | undefined },
  { probe }: FirstTryPorts,
  signal: AbortSignal,
): Promise<ProbeReport> {
  const machine = await probe();
  const { secrets: _, ...others } = options;
  return machine.run(
    {
      spec: model.spec,
      shipped: shippedStore(model, weights),
      options: others,
      items,
      computeMs: FIRST_TRY_MS,
      twice: false,
      ...(streams === undefined ? {} : { objectsOf: () => streams }),
      ...definedFields({ python }),
    },
    () => undefined,
    signal,
  );
}

function judge(
  { model, options, cwd }: FirstTryRequest,
  report: ProbeReport,
  { clock }: FirstTryPorts,
  onEvent: (event: FirstTryEvent) => void,
): ProbeMark | undefined {
  const faults = explainFailures(report, { model, cwd, secrets: Object.keys(options.secrets ?? {}) });
  const fatal = faults.find(({ reach }) => reach === 'everywhere');
  if (fatal !== undefined) throw new UserError(refusal(fatal));
  const [fault] = faults;
  const failed = report.results.filter(({ ok }) => !ok);
  const [error] = failed.flatMap((result) => (result.ok ? [] : [result.error]));
  if (fault !== undefined) {
    onEvent({
      code: 'tried',
      level: 'warning',
      message: `The model was tried on this machine first, and does not work here. ${fault.sentence} The submission goes on.`,
    });
  } else if (error !== undefined) {
    const message = `The model was tried on this machine first: ${failed.length} of ${plural(report.results.length, 'item')} failed. The first error: ${error.code}: ${error.message}`;
    onEvent({ code: 'tried', level: 'warning', message });
  }
  const pace = paceOf(report.slices);
  if (report.loadMs === undefined || pace === undefined) return undefined;
  if (fault === undefined && error === undefined) {
    const message = `The model was tried on this machine first: it loaded in ${duration(report.loadMs)}, then took ${duration(pace.msPerItem)} an item.`;
    onEvent({ code: 'tried', level: 'info', message });
  }
  return {
    version: 1,
    items: report.results.length,
    msPerItem: pace.msPerItem,
    loadMs: report.loadMs,
    memoryBytes: report.memoryBytes,
    machine: `${process.platform} ${process.arch}`,
    at: new Date(clock.nowMs()).toISOString(),
  };
}

const refusal = ({ sentence }: Explained): string =>
  `The model has a fault that every instance would meet. ${sentence} Nothing was sent. ` +
  'To see all of it: spotpool try, with the same arguments. To submit it all the same: --no-try';
