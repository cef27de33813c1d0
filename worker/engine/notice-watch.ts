/** Polls the instance metadata twice a second (R3, docs/decisions/0012) and tells each kind of notice once. */
import { errorText } from '../../core/error-text.js';
import type { Clock, EventSink, InstanceMetadata, Notice } from '../ports.js';

/** From the beginning of a poll to that of the next: a notice is seen within this time, and is to be acted upon within a second. */
const POLL_EVERY_MS = 500;
/** A single call that fails is nothing; this many in a row mean that notices would be missed. */
const FAILURES_TOLD = 6;

export interface NoticeWatchOptions {
  readonly metadata: InstanceMetadata;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly onNotice: (notice: Notice) => void;
}

export async function watchNotices(options: NoticeWatchOptions, signal: AbortSignal): Promise<void> {
  const { clock, events, metadata, onNotice } = options;
  const told = new Set<Notice['kind']>();
  let failures = 0;
  while (!signal.aborted) {
    const nextMs = clock.nowMs() + POLL_EVERY_MS;
    try {
      for (const notice of await metadata.notices(signal)) {
        if (told.has(notice.kind)) continue;
        told.add(notice.kind);
        onNotice(notice);
        tell(notice, events);
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === FAILURES_TOLD) {
        const why = errorText(error);
        const message = `Notices of a reclaim cannot be seen until this is over: ${why}`;
        events.emit({ code: 'trouble', doing: 'watching for notices', message });
      }
    }
    // Never more than what is due, also when the clock was set.
    const pauseMs = Math.min(POLL_EVERY_MS, Math.max(0, nextMs - clock.nowMs()));
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

function tell(notice: Notice, events: EventSink): void {
  if (notice.kind === 'rebalance') {
    const message =
      'AWS says that this instance is at risk: nothing more is fetched ahead, and finished items are saved.';
    events.emit({ code: 'notice', kind: 'rebalance', message });
    return;
  }
  const takesAt = new Date(notice.takesAtMs).toISOString();
  const message = `AWS takes this instance at ${takesAt}: its batches are finished or handed back.`;
  events.emit({ code: 'notice', kind: 'interruption', takesAt, message });
}
