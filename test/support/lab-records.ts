/** Holds the record of every job of a lab against the published schema, whatever its tests have done to the job. */
import { setMaxListeners } from 'node:events';
import { decodeManifest } from '../../core/contract/job.js';
import { manifestKey } from '../../core/contract/keys.js';
import type { StackConfig } from '../../core/contract/stack.js';
import { listJobIds } from '../../runner/controller/observe/read-job.js';
import { buildRecord } from '../../runner/record/build-record.js';
import { connectStack } from '../../runner/wiring/stack-ports.js';
import { faultsOf } from './record-schema.js';

/** The bucket of an emulator has the jobs of all labs before this one, too. */
const MOST_JOBS = 12;
const MOST_REQUESTS = 256;
const WITHIN_MS = 30_000;

/**
 * Returns a sentence for each record that cannot be built, or that the schema refuses. It never rejects, so that a lab is always closed. Jobs whose manifest
 * is not there, or was damaged by a test, have no record.
 */
export async function faultyRecords(stack: StackConfig): Promise<readonly string[]> {
  const ports = connectStack(stack);
  const signal = AbortSignal.timeout(WITHIN_MS);
  // The requests of a record run side by side under one signal.
  setMaxListeners(MOST_REQUESTS, signal);
  const found: string[] = [];
  try {
    for (const job of (await listJobIds(ports.store, signal)).slice(-MOST_JOBS)) {
      const manifest = await ports.store.get(manifestKey(job), { signal });
      if (manifest === undefined || decodeManifest(manifest.body, job) === undefined) continue;
      const record = await buildRecord(ports, job, { nowMs: Date.now(), signal });
      found.push(...faultsOf(JSON.parse(JSON.stringify(record))).map((fault) => `The record of ${job}: ${fault}`));
    }
  } catch (error) {
    found.push(`A record could not be built: ${String(error)}`);
  }
  return found;
}
