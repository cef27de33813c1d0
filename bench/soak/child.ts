/**
 * Loaded into the local cloud's process before its program (`--import`): it answers probes and changes nothing
 * else.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ProbeAnswer } from './probe.js';

process.on('message', () => void answer());
// The channel must not keep the process alive.
process.channel?.unref();

async function answer(): Promise<void> {
  // Objects that finalizers release in the first collection are collected in the second.
  for (let n = 0; n < 2; n += 1) {
    (globalThis as { readonly gc?: () => void }).gc?.();
    await delay(50);
  }
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const reply: ProbeAnswer = {
    heapBytes: heapUsed,
    externalBytes: external,
    outsideHeapBytes: rss - heapTotal,
    residentBytes: rss,
    resources,
  };
  process.send?.(reply);
}
