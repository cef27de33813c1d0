/** Polls the instance metadata twice a second (R3, docs/decisions/0012) and reports each kind of notice once. */
import { couldNot } from '../could-not.js';
import type { Clock, EventSink, InstanceMetadata, Notice } from '../ports.js';

/**
 * The time from the start of one poll to the start of the next. A notice is seen within this time, and the worker is to
 * act within a second.
 */
const POLL_EVERY_MS = 500;
/** A single failed call does not matter. This many in a row mean that a notice would be missed. */
const REPORT_AFTER_FAILURES = 6;

export interface NoticeWatchOptions {
  readonly metadata: InstanceMetadata;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly onNotice: (notice: Notice) => void;
}

export async function watchNotices(options: NoticeWatchOptions, signal: AbortSignal): Promise<void> {
  const { clock, events, metadata, onNotice } = options;
  const reported = new Set<Notice['kind']>();
  let failures = 0;
  while (!signal.aborted) {
    const nextMs = clock.nowMs() + POLL_EVERY_MS;
    try {
      for (const notice of await metadata.notices(signal)) {
        if (reported.has(notice.kind)) continue;
        reported.add(notice.kind);
        onNotice(notice);
        report(notice, events);
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === REPORT_AFTER_FAILURES) {
        const message = couldNot(
          'read the notices of a reclaim',
          error,
          'retrying; a notice would be missed meanwhile',
        );
        events.emit({ code: 'trouble', doing: 'watching for notices', message });
      }
    }
    // The pause is never longer than one period, even if the clock was set back.
    const pauseMs = Math.min(POLL_EVERY_MS, Math.max(0, nextMs - clock.nowMs()));
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

function report(notice: Notice, events: EventSink): void {
  if (notice.kind === 'rebalance') {
    const message = 'AWS may reclaim this instance soon. The worker fetches nothing ahead and saves finished items.';
    events.emit({ code: 'notice', kind: 'rebalance', message });
    return;
  }
  const takesAt = new Date(notice.takesAtMs).toISOString();
  const message = `AWS takes this instance at ${takesAt}. The worker finishes its batches or hands them back.`;
  events.emit({ code: 'notice', kind: 'interruption', takesAt, message });
}
