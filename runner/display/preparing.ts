/** The words for what instances do before they can compute, and for how long each step took. */
import type { ModelPhase } from '../../core/contract/events.js';
import { bytes as bytesText, oneLine, plural, span } from './format.js';
import type { PreparingView } from './views.js';

export const preparingText = ({ instances, doing }: PreparingView): string =>
  `${plural(instances, 'instance')} ${instances === 1 ? 'is' : 'are'} ${oneLine(doing)}`;

export const elapsedText = ({ since }: PreparingView, nowMs: number): string =>
  span((nowMs - Date.parse(since)) / 1000);

interface Phase {
  readonly phase: ModelPhase;
  readonly workers: number;
  readonly medianMs: number;
  readonly bytes?: number;
}

const NAMES: Readonly<Record<ModelPhase, string>> = {
  boot: 'boot',
  fetch: 'model',
  environment: 'environment',
  weights: 'weights',
  setup: 'setup',
  load: 'load',
};

/** Returns "boot 1.2 s · environment 12 s (140 MB) · load 3.4 s (medians of 4 workers)". */
export function phasesText(phases: readonly Phase[]): string {
  const steps = phases.map(({ phase, medianMs, bytes }) => {
    const size = bytes === undefined ? '' : ` (${bytesText(bytes)})`;
    return `${NAMES[phase]} ${shortSpan(medianMs)}${size}`;
  });
  const workers = phases.reduce((most, phase) => Math.max(most, phase.workers), 0);
  return `${steps.join(' · ')}${workers > 1 ? ` (medians of ${plural(workers, 'worker')})` : ''}`;
}

const shortSpan = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms / 1000));
