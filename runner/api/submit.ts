/** The programs' way to submit a job. */
import { definedFields } from '../../core/defined-fields.js';
import { newsNow } from '../follow/news.js';
import { datasetName } from '../dataset/dataset-name.js';
import type { RunEvent } from '../display/events.js';
import { UserError } from '../errors.js';
import { flagsOf } from './checked-settings.js';
import { itemsSource } from './items-source.js';
import { refuseSeedAlone, requireDataset, submitTo } from './submit-job.js';
import type { JobRequest, SubmitEvent, SubmittedJob } from './types.js';
import { wakeController } from './wake-controller.js';
import type { OpenedStack } from './world.js';

const ITEMS_NAME = 'items';

export interface SubmitCall {
  readonly signal: AbortSignal;
  readonly onEvent: (event: SubmitEvent) => void;
}

export async function submit(
  stack: OpenedStack,
  request: JobRequest,
  { signal, onEvent }: SubmitCall,
): Promise<SubmittedJob> {
  const { world, ports } = stack;
  const { dataset, items, datasetName: name = ITEMS_NAME, ...settings } = { datasetName: undefined, ...request };
  const flags = flagsOf(settings, 'submit');
  refuseSeedAlone(flags);
  const warn = (sentence: string): void => onEvent(newsNow(world.clock, 'warning', 'trouble', sentence));
  const datasets = items === undefined ? namesOf(dataset) : [name];
  const datasetFiles =
    items === undefined ? await requireDataset(world, datasets, flags, { signal, tell: warn }) : requireItems(dataset);
  const submitted = await submitTo(stack, {
    datasets,
    datasetFiles,
    flags: items === undefined ? flags : { ...flags, format: 'jsonl' },
    display: { show: (event) => (isOfSubmit(event) ? onEvent(event) : undefined) },
    signal,
    ...definedFields({ items: items === undefined ? undefined : itemsSource(datasetName(datasets), items) }),
  });
  await wakeController(ports, { signal, warn });
  return { ...submitted, controlled: ports.config.controlled ?? false };
}

function namesOf(dataset: string | readonly string[] | undefined): readonly string[] {
  const names = typeof dataset === 'string' ? [dataset] : (dataset ?? []);
  if (names.length === 0) throw new UserError('submit needs a dataset or items.');
  if (names.includes('-')) {
    throw new UserError(
      'A program gives its items as `items`. The dataset - would read the standard input of the program.',
    );
  }
  return names;
}

function requireItems(dataset: unknown): readonly string[] {
  if (dataset !== undefined) throw new UserError('submit takes a dataset or items, and both are given.');
  return [];
}

const NAMES: readonly RunEvent['event'][] = ['uploading', 'weights', 'files', 'enqueueing', 'happened'];

const isOfSubmit = (event: RunEvent): event is SubmitEvent => NAMES.includes(event.event);
