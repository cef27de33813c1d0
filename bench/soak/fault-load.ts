/** AWS's imperfections, on in the middle of each round, through the local cloud's own route. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Lane } from './lane.js';

const FAULTS = [
  { service: 'sqs', action: '*', fault: '500', rate: 0.03 },
  { service: 'sqs', action: '*', fault: 'reset-after', rate: 0.03 },
  { service: 's3', action: '*', fault: '503', rate: 0.03 },
  { service: 's3', action: '*', fault: 'reset-before', rate: 0.03 },
  { service: 's3', action: '*', fault: 'slow', delayMs: [1, 200], rate: 0.1 },
  { service: 'ec2', action: '*', fault: 'throttle', rate: 0.1 },
] as const;
const IMPERFECTIONS = { sqs: { duplicateRate: 0.05, emptyReceiveRate: 0.05 } };

/** Off for the first third of the round, on for the second, off for the last. */
export async function faultLoad(lane: Lane, endpoint: string, roundMs: number): Promise<void> {
  const third = (): Promise<void> => delay(roundMs / 3, undefined, { signal: lane.signal }).catch(() => undefined);
  await third();
  lane.faults.isOn = true;
  for (const fault of FAULTS) await post(endpoint, 'faults', fault);
  await post(endpoint, 'imperfections', IMPERFECTIONS);
  await third();
  await clearFaults(endpoint);
  lane.faults.changedMs = Date.now();
  lane.faults.isOn = false;
}

export async function clearFaults(endpoint: string): Promise<void> {
  for (const what of ['faults', 'imperfections']) await call(endpoint, what, { method: 'DELETE' });
}

const post = (endpoint: string, what: string, body: unknown): Promise<void> =>
  call(endpoint, what, { method: 'POST', body: JSON.stringify(body) });

async function call(endpoint: string, what: string, init: RequestInit): Promise<void> {
  const response = await fetch(`${endpoint}/_local/${what}`, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`/_local/${what} refused: ${text}`);
}
