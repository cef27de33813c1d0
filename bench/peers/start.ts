/** Installs a peer (install.ts) and starts it on a free port. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../support/local-cloud.js';
import { answering, freePort, type ProcessGroup, startGroup } from '../support/process-group.js';
import type { Peer } from './catalogue.js';
import { install, PeerUnavailable } from './install.js';

/**
 * moto and LocalStack first import a large part of Python's AWS packages, which takes twice as long on a busy
 * machine.
 */
const START_TIMEOUT_MS = 120_000;

export interface PeerProcess extends Endpoint {
  /**
   * Starts it again on the same port whenever it has ended by itself; resolves with the number of restarts when
   * `until` does.
   */
  revive(until: Promise<unknown>): Promise<number>;
}

export async function startPeer(peer: Peer): Promise<PeerProcess> {
  const installed = await install(peer);
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'spotpool-peer-'));
  const port = await freePort();
  const start = (): ProcessGroup => startGroup(peer.command({ installed, port, scratch }));
  const group = start();
  const endpoint = `http://127.0.0.1:${port}`;
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  try {
    await answering(group, `${endpoint}${peer.healthPath ?? '/'}`, START_TIMEOUT_MS);
  } catch (error) {
    await group.stop();
    throw new PeerUnavailable(`It did not start: ${(error as Error).message}`);
  }
  return { endpoint, credentials: peer.credentials, group, revive: (until) => revive(group, start, until) };
}

/** The interval for noticing that a peer has ended; requests in between fail. */
const REVIVE_POLL_MS = 50;

async function revive(first: ProcessGroup, start: () => ProcessGroup, until: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = until.finally(() => (isOver = true)).catch(() => undefined);
  let current = first;
  let ends = 0;
  while (!isOver) {
    await Promise.race([over, delay(REVIVE_POLL_MS)]);
    if (isOver || !current.hasEnded()) continue;
    ends += 1;
    await current.stop(); // This also stops the processes that the peer started.
    current = start();
  }
  if (current !== first) await current.stop();
  return ends;
}
