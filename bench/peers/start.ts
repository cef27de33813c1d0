/** Installs a peer into .peers/ (once for each set of pins) and starts it on a free port. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../support/local-cloud.js';
import { answering, freePort, lastLines, type ProcessGroup, startGroup } from '../support/process-group.js';
import { type Installable, type Peer, pinsOf, versionOf } from './catalogue.js';

/** Why a peer cannot be compared with here, in a sentence. */
export class PeerUnavailable extends Error {
  override readonly name = 'PeerUnavailable';
}

const LOCKS = { npm: 'package-lock.json', pip: 'requirements.txt' } as const;
/** Written last: holds the lock that was installed and who runs it. */
const STAMP = 'installed';
/** moto imports half of Python's AWS world first. */
const START_TIMEOUT_MS = 60_000;
const INSTALL_TIMEOUT_MS = 300_000;

export interface PeerProcess extends Endpoint {
  /** Starts it again at the same place once it has ended by itself; resolves with how often that was when `until` does. */
  revive(until: Promise<unknown>): Promise<number>;
}

export async function startPeer(peer: Peer): Promise<PeerProcess> {
  const installed = install(peer);
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'spotpool-peer-'));
  const port = await freePort();
  const start = (): ProcessGroup => startGroup(peer.command({ installed, port, scratch }));
  const group = start();
  const endpoint = `http://127.0.0.1:${port}`;
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  try {
    await answering(group, endpoint, START_TIMEOUT_MS);
  } catch (error) {
    await group.stop();
    throw new PeerUnavailable(`It could not be started: ${(error as Error).message}`);
  }
  return { endpoint, credentials: peer.credentials, group, revive: (until) => revive(group, start, until) };
}

/** How soon it is seen that a peer has ended: what is asked of it until then fails. */
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
    await current.stop(); // what it started
    current = start();
  }
  if (current !== first) await current.stop();
  return ends;
}

/** Returns the folder that it is installed in. */
export function install(peer: Installable): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = peer.leastNode ?? [0, 0];
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    throw new PeerUnavailable(`It needs Node ${leastMajor}.${leastMinor} or newer.`);
  }
  const folder = path.resolve('.peers', peer.name);
  const stamp = `${process.execPath}\n${readFileSync(path.join(pinsOf(peer), LOCKS[peer.installer]), 'utf8')}`;
  const stampFile = path.join(folder, STAMP);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return folder;
  process.stderr.write(`Installing ${peer.name} ${versionOf(peer)} into .peers/ …\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(pinsOf(peer), folder, { recursive: true });
  if (peer.installer === 'npm') {
    run(folder, ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  } else {
    run(folder, ['python3', '-m', 'venv', 'venv']);
    run(folder, ['venv/bin/pip', 'install', '--quiet', '--require-hashes', '-r', 'requirements.txt']);
  }
  writeFileSync(stampFile, stamp);
  return folder;
}

function run(cwd: string, [file = '', ...args]: readonly string[]): void {
  const done = spawnSync(file, args, { cwd, encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS, env: withoutNpmRun() });
  if (done.status === 0) return;
  const reason = done.error?.message ?? lastLines(`${done.stdout}\n${done.stderr}`);
  throw new PeerUnavailable(`It could not be installed: ${file} ${args.join(' ')}: ${reason}`);
}

/** `npm run` tells its children which project they are in; a peer's folder is one of its own. */
function withoutNpmRun(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_local_prefix|package_|lifecycle_)/.test(name)),
  );
}
