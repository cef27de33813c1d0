/**
 * Damaged objects: keys that a worker may write, with content that no codec accepts. Whoever has one worker's rights can write them, and they must end nothing
 * (R13).
 */
import {
  exitTicketsPrefix,
  instancesPrefix,
  jobEventsPrefix,
  partialPrefix,
  resultsPrefix,
  unablePrefix,
} from '../../core/contract/keys.js';
import type { Random } from './random.js';
import type { World } from './world/world.js';

const BODIES = [
  '',
  'nonsense',
  '{}',
  'null',
  '[]',
  '{"instance":7,"at":"yesterday"}',
  '{"version":1,"phase":"idle","slots":-1}',
  '\u0000\ufffd{',
  '{"index":1e99,"ok":true}\n{"index":-1}\n',
] as const;

/** Writes one damaged object: over one that exists, or under a key that nobody uses. */
export function damage(world: World, random: Random): boolean {
  const job = random.pick(world.jobs)?.job;
  if (job === undefined) return false;
  // Whoever damages the events of a job takes them from its report, which is no fault of the pool.
  const existing = world.bucket.keys(instancesPrefix);
  const fresh = [
    `${instancesPrefix}i-9999/status.json`,
    `${instancesPrefix}i-9999/events/00000000.jsonl`,
    `${instancesPrefix}nobody`,
    `${exitTicketsPrefix}nonsense/0.json`,
    `${exitTicketsPrefix}0000000001/99999.json`,
    `${jobEventsPrefix(job)}i-9999/00000000.jsonl`,
    `${partialPrefix(job, 0)}i-9999-l0.jsonl`,
    `${resultsPrefix(job)}7.jsonl`,
    `${resultsPrefix(job)}99999.jsonl`,
    `${unablePrefix(job)}i-9999.json`,
  ];
  const key = random.chance(0.5) ? random.pick(existing) : random.pick(fresh);
  if (key === undefined) return false;
  world.bucket.put(key, random.pick(BODIES) ?? '');
  return true;
}
