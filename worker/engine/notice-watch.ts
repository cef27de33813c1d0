/** Polls the instance metadata each second (R3) and tells each kind of notice once. */
import type { Clock, EventSink, InstanceMetadata, Notice } from '../ports.js';

const POLL_EVERY_MS = 1_000;
/** A single call that fails is nothing; this many in a row mean that notices would be missed. */
const FAILURES_TOLD = 3;

export interface NoticeWatchOptions {
  readonly metadata: InstanceMetadata;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly onNotice: (notice: Notice) => void;
}

export async function watchNotices(options: NoticeWatchOptions, signal: AbortSignal): Promise<void> {
  const told = new Set<Notice['kind']>();
  let failures = 0;
  while (!signal.aborted) {
    try {
      for (const notice of await options.metadata.notices(signal)) {
        if (told.has(notice.kind)) continue;
        told.add(notice.kind);
        options.onNotice(notice);
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === FAILURES_TOLD) {
        const why = error instanceof Error ? error.message : String(error);
        const message = `Notices of a reclaim cannot be seen until this is over: ${why}`;
        options.events.emit({ code: 'trouble', doing: 'watching for notices', message });
      }
    }
    await options.clock.sleep(POLL_EVERY_MS, signal).catch(() => undefined);
  }
}
