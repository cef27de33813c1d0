/** The display without a terminal: one line for each event, and a line of progress from time to time. */
import type { Display, RunEvent } from './events.js';
import { filesText } from './files.js';
import { bytes, clockTime, count, percent, plural, rate, sentence, span } from './format.js';
import { preparingText } from './preparing.js';
import { summaryLines } from './summary.js';
import type { Terminal } from './terminal.js';
import type { JobProgress } from './views.js';

/** Short enough to show that the job makes progress, long enough not to flood a log. */
const PROGRESS_EVERY_MS = 5_000;
const UPLOAD_EVERY_MS = 5_000;

export function plainDisplay(terminal: Terminal, now: () => number): Display {
  let shownAtMs = Number.NEGATIVE_INFINITY;
  let uploadShownAtMs = now();
  let fleetShown = '';
  let doneShown = -1;
  const say = (text: string, at: string | number = now()): void => terminal.out(`${clockTime(at)} ${text}\n`);
  const progress = (value: JobProgress): void => {
    const fleet = [fleetText(value), ...(value.preparing ?? []).map(preparingText)].join(' · ');
    const done = value.batches.done;
    const finished = done === value.batches.total && done !== doneShown;
    const due = now() - shownAtMs >= PROGRESS_EVERY_MS && done !== doneShown;
    if (!finished && !due && fleet === fleetShown) return;
    shownAtMs = now();
    fleetShown = fleet;
    doneShown = done;
    say(`${progressText(value)} · ${fleet}`);
  };
  return {
    show: (event) => {
      if (event.event === 'summary') {
        for (const text of summaryLines(event, terminal)) terminal.out(`${text}\n`);
        return;
      }
      if (event.event === 'progress') return progress(event);
      if (
        event.event === 'uploading' ||
        event.event === 'weights' ||
        event.event === 'files' ||
        event.event === 'enqueueing'
      ) {
        if (now() - uploadShownAtMs < UPLOAD_EVERY_MS) return;
        uploadShownAtMs = now();
      }
      const text = textOf(event);
      if (text !== undefined) say(text, event.event === 'happened' ? event.at : now());
    },
    close: () => undefined,
  };
}

function textOf(event: RunEvent): string | undefined {
  switch (event.event) {
    case 'local-cloud-up':
      return `The local cloud is ready at ${event.endpoint} (at most ${plural(event.maxWorkers, 'instance')}).`;
    case 'page-up':
      return `The page is at ${event.address} until this command ends.`;
    case 'uploading':
      return `Uploaded ${plural(event.items, 'item')} so far.`;
    case 'weights':
      return `${event.doing === 'hashing' ? 'Hashed' : 'Uploaded'} ${bytes(event.bytes)} of ${bytes(event.total)} of the weights so far.`;
    case 'files':
      return `Uploaded ${filesText(event)} so far.`;
    case 'enqueueing':
      return `Enqueued ${count(event.sent)} of ${plural(event.batches, 'batch', 'batches')} so far.`;
    case 'submitted':
      return (
        `${event.continued ? 'Continued' : 'Submitted'} job ${event.job}: ${event.model} over ${event.dataset}, ` +
        `${plural(event.items, 'item')}${event.badItems > 0 ? ` (including ${plural(event.badItems, 'unreadable line')})` : ''}` +
        ` in ${plural(event.batches, 'batch', 'batches')}.`
      );
    case 'following':
      return `Following job ${event.job}: ${event.model} over ${event.dataset}.`;
    case 'happened':
      return sentence(event.message);
    case 'ended':
      return sentence(event.reason);
    case 'results-written':
      return `Wrote ${plural(event.items, 'result')} to ${event.file}.`;
    case 'waiting-for-zero':
      return event.instances === 0
        ? 'All instances are terminated.'
        : `Waiting for ${plural(event.instances, 'instance')} to terminate.`;
    case 'progress':
    case 'summary':
      return undefined;
  }
}

function progressText({ items, batches, itemsPerSecond, etaSeconds }: JobProgress): string {
  const done = items.ok + items.failed;
  return [
    `${percent(done, items.total)} · ${count(batches.done)}/${plural(batches.total, 'batch', 'batches')}`,
    `${count(done)}/${plural(items.total, 'item')}`,
    ...(items.failed > 0 ? [`${count(items.failed)} failed`] : []),
    ...(itemsPerSecond === undefined ? [] : [rate(itemsPerSecond)]),
    ...(etaSeconds === undefined ? [] : [`about ${span(etaSeconds)} left`]),
  ].join(' · ');
}

const fleetText = ({ fleet }: JobProgress): string =>
  `fleet: target ${fleet.target}, ${fleet.pending} pending, ${fleet.running} running, ` +
  `${fleet.noticed} noticed, ${fleet.draining} draining`;
