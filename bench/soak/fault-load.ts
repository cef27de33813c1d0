/** Turns on AWS's imperfections in the middle of each round, through the local cloud's admin route. */
import { setTimeout as delay } from 'node:timers/promises';
import { askAdmin, type Endpoint } from '../support/local-cloud.js';
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

/** Faults are off for the first third of the round, on for the second, and off for the last. */
export async function faultLoad(lane: Lane, cloud: Endpoint, roundMs: number): Promise<void> {
  const third = (): Promise<void> => delay(roundMs / 3, undefined, { signal: lane.signal }).catch(() => undefined);
  await third();
  lane.faults.isOn = true;
  for (const fault of FAULTS) await post(cloud, 'faults', fault);
  await post(cloud, 'imperfections', IMPERFECTIONS);
  await third();
  await clearFaults(cloud);
  lane.faults.changedMs = Date.now();
  lane.faults.isOn = false;
}

export async function clearFaults(cloud: Endpoint): Promise<void> {
  for (const what of ['faults', 'imperfections']) await call(cloud, what, { method: 'DELETE' });
}

const post = (cloud: Endpoint, what: string, body: unknown): Promise<void> =>
  call(cloud, what, { method: 'POST', body: JSON.stringify(body) });

async function call(cloud: Endpoint, what: string, init: RequestInit): Promise<void> {
  const response = await askAdmin(cloud, what, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`/_local/${what} refused: ${text}`);
}
