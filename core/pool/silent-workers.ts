/** Finds the workers that hang: EC2 shows their instance running, but their status was not written for longer than three heartbeats. */

/** A worker writes its status each minute at least (worker/events/status-writer.ts). */
export const SILENT_AFTER_MS = 180_000;

export interface SilentWorker {
  readonly instance: string;
  readonly silentForMs: number;
}

/** Both times are of S3's clock. An instance that never wrote a status has not come up yet, which is another matter. */
export function findSilent(
  running: readonly string[],
  { heardAtMs, atMs }: { readonly heardAtMs: ReadonlyMap<string, number>; readonly atMs: number },
): readonly SilentWorker[] {
  return running.flatMap((instance) => {
    const silentForMs = atMs - (heardAtMs.get(instance) ?? atMs);
    return silentForMs > SILENT_AFTER_MS ? [{ instance, silentForMs }] : [];
  });
}
