/** Turns the events of a submission into events of the display. */
import { bytes, count, oneLine, plural } from '../display/format.js';
import type { Level, RunEvent } from '../display/events.js';
import type { Clock } from '../ports.js';
import type { SubmitEvent } from '../submit/submit-event.js';
import type { PublishedWorker } from '../worker-bundle/publish-worker.js';
import { lockedText, putText } from './python-packages.js';
import { leftOutText, missedText, shippedText } from './shipped-files.js';
import { newsNow } from './news.js';

const WORKER_TEXTS: Readonly<Record<PublishedWorker['kind'], (worker: PublishedWorker) => string | undefined>> = {
  published: (worker) => `The worker ${worker.version} is published: ${bytes(worker.bytes)}.`,
  newer: ({ version }) =>
    `New instances run the worker ${version}, which somebody with a newer spotpool has published.`,
  present: () => undefined,
};

export function submitNews(event: SubmitEvent, clock: Clock): readonly RunEvent[] {
  const news = (level: Level, message: string | undefined, code: string = event.code): readonly RunEvent[] =>
    message === undefined ? [] : [newsNow(clock, level, code, message)];
  switch (event.code) {
    case 'model-bundled':
      return [
        ...news('info', shippedText(event)),
        ...news('info', leftOutText(event), 'model-left-out'),
        ...news('warning', missedText(event), 'model-may-miss'),
      ];
    case 'packages-locked':
      return news('info', lockedText(event));
    case 'packages-put':
      return news('info', putText(event));
    case 'weights-found': {
      const { weights, bucket, leftOut } = event;
      const where = bucket === undefined ? '' : `, which stay in the bucket ${oneLine(bucket)}`;
      const found = `The weights ${oneLine(weights.name)} are ${plural(weights.files, 'file')}, ${bytes(weights.bytes)}${where}.`;
      const left = leftOutText({ leftOut })?.replace('Left out of the bundle', 'Left out of the weights');
      return [...news('info', found), ...news('info', left, 'weights-left-out')];
    }
    case 'weights':
      return [{ event: 'weights', doing: event.doing, bytes: event.bytes, total: event.total }];
    case 'files': {
      const { code: _, ...progress } = event;
      const { files, total, bytes: read, sent } = progress;
      if (files < total) return [{ event: 'files', ...progress }];
      const there = sent === files ? '' : `, ${count(sent)} of them uploaded now`;
      return news('info', `The bucket has the ${plural(files, 'file')} of the folder, ${bytes(read)}${there}.`);
    }
    case 'following-submit':
      return news(
        'info',
        `${event.by} is submitting job ${event.job} already. This command waits until everything is sent, and takes over if the other one stops.`,
      );
    case 'worker':
      return news('info', WORKER_TEXTS[event.kind](event), `worker-${event.kind}`);
    case 'checking':
      return news('info', 'The job exists already. Its dataset is compared with this one.');
    case 'uploading':
      return [{ event: 'uploading', items: event.items, bytes: event.bytes }];
    case 'enqueueing':
      return [{ event: 'enqueueing', sent: event.sent, batches: event.batches }];
    case 'batch-size-raised':
      return news(
        'warning',
        `Batches hold ${plural(event.items, 'item')} instead of ${event.wantedItems}, because a job has at most 100,000 batches.`,
      );
    case 'tried':
    case 'dataset-format':
    case 'big-integers':
    case 'long-records':
    case 'ids':
    case 'files-left-out':
      return news(event.level, event.message);
    case 'begun':
    case 'submitted': // the command that asked for the submission reports its end
      return [];
  }
}
