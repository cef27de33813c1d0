/** Times one piece of work, with the CPU time of both sides. */
import { cpuSecondsOf, ownCpuSeconds } from './usage.js';

export interface Timed {
  readonly seconds: number;
  readonly clientCpuSeconds: number;
  readonly serverCpuSeconds: number;
}

export async function timed(serverPid: number, work: () => Promise<unknown>): Promise<Timed> {
  const before = { ms: performance.now(), client: ownCpuSeconds(), server: cpuSecondsOf(serverPid) };
  await work();
  return {
    seconds: (performance.now() - before.ms) / 1_000,
    clientCpuSeconds: ownCpuSeconds() - before.client,
    serverCpuSeconds: cpuSecondsOf(serverPid) - before.server,
  };
}
