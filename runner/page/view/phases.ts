/** The phases and marks of a timeline: their order, their words, and the classes by which the style sheet gives them a colour. Pure. */
import type { InstanceEnd, InstancePhase, RecordedInstance } from '../../../core/record/job-record.js';

export type MarkKind = RecordedInstance['marks'][number]['kind'];

/** The order in which an instance goes through them. A stacked chart has work at its bottom, so it begins there. */
export const STACKED_PHASES: readonly InstancePhase[] = [
  'work',
  'drain',
  'idle',
  'load',
  'setup',
  'weights',
  'environment',
  'fetch',
  'boot',
];

export const PHASE_WORDS: Readonly<Record<InstancePhase, string>> = {
  boot: 'boot',
  fetch: 'fetch model',
  environment: 'environment',
  weights: 'weights',
  setup: 'setup',
  load: 'load model',
  work: 'work',
  idle: 'idle',
  drain: 'drain',
};

export const MARK_WORDS: Readonly<Record<MarkKind, string>> = {
  notice: 'notice',
  reclaim: 'reclaim',
  'hand-back': 'hand-back',
  loss: 'loss of a worker',
};

export const MARK_KINDS = Object.keys(MARK_WORDS) as readonly MarkKind[];

export const END_WORDS: Readonly<Record<InstanceEnd, string>> = {
  ticket: 'the fleet shrank',
  reclaimed: 'reclaimed by AWS',
  idle: 'no work was left',
  life: 'it reached its longest life',
  stopped: 'it was stopped',
  unable: 'it could not use the model',
  outdated: 'its worker was too old',
  'cut-off': 'it was cut off from S3 or SQS',
  vanished: 'it ended, and nobody said why',
};
