/** The facts of an end, for tests that send them. */
import type { EndFacts } from '../../../core/contract/notification.js';

export const FACTS: EndFacts = {
  version: 1,
  type: 'job.ended',
  id: 'herg-1-0123456789ab',
  timestamp: '2026-01-01T00:00:00.000Z',
  stack: 'lab',
  job: 'herg',
  state: 'complete',
  success: true,
  end: 1,
  reason: 'All 2 batches have their outcome.',
  dataset: 'drugs.csv',
  model: 'herg.ts',
  createdBy: 'somebody',
  items: { total: 10, ok: 9, failed: 1 },
  batches: { total: 2, done: 2, givenUp: 0 },
  errors: [{ code: 'Odd', count: 1 }],
  seconds: 35,
  instances: 2,
  cost: { spotDollars: 0.0013, onDemandDollars: 0.0036 },
  text: '✓ Job herg is complete.',
};
